import { uuidv7 } from '../../../platform/ids.ts';
import type { Capture } from './capture.ts';

/** An answered request of two rows. */
export function makeCapture(change: Partial<Capture> = {}): Capture {
  return {
    id: uuidv7(),
    endpoint: 'flights',
    deployment: 'd-1',
    version: 'version:flights/1',
    received_at: 1_000,
    event_time: 2_000,
    ...{ key: null, keys: null, event_times: null },
    protocol: 'mlflow',
    caller: null,
    columns: ['carrier', 'distance'],
    rows: [
      ['UA', 1_400],
      ['Iberia · ñ', 'NaN'],
    ],
    tensor: null,
    outputs: [0.25, 0.75],
    ...{ queue_us: 12, compute_us: 345 },
    ...change,
  };
}

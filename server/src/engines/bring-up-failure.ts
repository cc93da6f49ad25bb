import type { EngineKind } from './engine.ts';
import type { ParityReport } from './parity-report.ts';

export interface FailureDetails {
  /** For a person. */
  readonly reason: string;
  /** The one that was tried. */
  readonly engine: EngineKind | null;
  readonly parity?: ParityReport | null;
  readonly onnxParity?: ParityReport | null;
}

/** The model itself cannot be run and proved: trying again would not help. */
export class BringUpFailure extends Error {
  override readonly name = 'BringUpFailure';
  readonly details: FailureDetails;

  constructor(details: FailureDetails, options?: { cause?: unknown }) {
    super(details.reason, options);
    this.details = details;
  }
}

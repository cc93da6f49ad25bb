import { describe, expect, test } from 'vitest';
import { databases } from '../../../test/databases.ts';
import { manualClock } from '../../platform/clock.ts';
import { makeCapture } from '../serve/capture/capture.fixture.ts';
import { handCaptures } from '../serve/captures.fixture.ts';
import { toIndexed, toRows } from './fold-captures.ts';
import { DAY, index, labellingApp, MONDAY, probability, sendLines } from './label.fixture.ts';
import { countLabelled } from './prediction-index.store.ts';
import { type LabelledRow, readLabelled } from './read-labelled.ts';

describe.each(databases)('labelled rows on $name', (database) => {
  test('are inputs with their labels of a time range, now or as they were known at a past moment', async () => {
    const clock = manualClock();
    await using t = await labellingApp({ database, clock });
    const captures = [0, 1, 2].map((day) => makeCapture({ event_time: MONDAY + day * DAY, key: `k${day}` }));
    await handCaptures(t.client).send(0, captures);
    await index(t.context, toIndexed(toRows(captures), probability));
    const range = { endpoint: 'flights', from: MONDAY, to: MONDAY + 2 * DAY };
    const read = async (asOf?: number) => {
      const rows: LabelledRow[] = [];
      for await (const some of readLabelled(t.context, { ...range, ...(asOf === undefined ? {} : { asOf }) }))
        rows.push(...some);
      return rows.map(({ id, label }) => [id, label]);
    };
    const [a = '', b = '', c = ''] = captures.map(({ id }) => id);
    const first = [
      { prediction: `${a}.1`, value: 1, label_time: MONDAY },
      { prediction: `${b}.0`, value: 0, label_time: MONDAY },
      { prediction: `${b}.1`, censored: 'cancelled' },
      { prediction: `${c}.0`, value: 1 },
    ];
    await sendLines(t.client, first);
    const then = clock.now();
    clock.advance(1_000);
    await sendLines(t.client, [
      { prediction: `${a}.1`, value: 0, label_time: MONDAY + 1 },
      { prediction: `${a}.0`, value: 1 },
    ]);
    expect(await read()).toEqual([
      [`${a}.0`, 1],
      [`${a}.1`, 0],
      [`${b}.0`, 0],
    ]);
    expect(await read(then)).toEqual([
      [`${a}.1`, 1],
      [`${b}.0`, 0],
    ]);
    expect(await read(then - 1)).toEqual([]);
    expect(await countLabelled(t.context.db.read, 'flights', range)).toBe(3);
    for await (const [row] of readLabelled(t.context, { ...range, to: MONDAY + 1 })) {
      expect(row).toEqual({
        ...{ id: `${a}.0`, eventTime: MONDAY, key: 'k0', columns: ['carrier', 'distance'], values: ['UA', 1_400] },
        ...{ prediction: 0.25, label: 1, labelTime: clock.now(), labelledAt: clock.now() },
      });
    }
  });
});

import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { databases } from '../../../test/databases.ts';
import { deliverAll } from '../../../test/deliver-all.ts';
import type { TestApp } from '../../../test/test-app.ts';
import { manualClock } from '../../platform/clock.ts';
import { appendEvent } from '../../platform/events/event.store.ts';
import { forgetSubscription } from './forget-subscription.ts';
import { DAY, index, LABELS, labellingApp, MONDAY, makePrediction, sendLines, settle, watch } from './label.fixture.ts';

async function tell({ context }: TestApp, type: string, data: Readonly<Record<string, unknown>>): Promise<void> {
  const event = { type, subject: 'endpoint:flights', actor: 'test', data };
  await context.db.transaction((trx) => appendEvent(trx, context, event));
  await deliverAll(context.db, forgetSubscription(context));
}

describe.each(databases)('forgetting on $name', (database) => {
  test('what was erased is gone with its labels, also those that wait, and does not come back', async () => {
    await using t = await labellingApp({ database });
    const [gone, kept] = [makePrediction({ key: 'ana' }), makePrediction({ key: 'bob' })];
    await index(t.context, [gone, kept]);
    await sendLines(t.client, [
      { prediction: gone.id, value: 1 },
      { prediction: kept.id, value: 1 },
      { key: 'ana', value: 0, label_time: MONDAY - DAY },
    ]);
    const key_sha256 = createHash('sha256').update('ana').digest('hex');
    await tell(t, 'captures.erased', { key_sha256, predictions: 1, ids: [`${gone.id}.0`] });
    expect(await index(t.context, [gone, kept])).toEqual({ added: 0, joined: 0 });
    const page = await t.client.request<{ labels: { ref: string }[] }>('GET', LABELS);
    expect(page.labels.map(({ ref }) => ref)).toEqual([`prediction:${kept.id}.0`]);
    const rows = await t.context.db.read.selectFrom('monitor_predictions').select('id').execute();
    expect(rows).toEqual([{ id: kept.id }]);
  });

  test('what expired is gone, and the quality of its final windows stays', async () => {
    const clock = manualClock();
    await using t = await labellingApp({ database, clock });
    await watch(t.context, MONDAY + 20 * DAY);
    const [old, young] = [makePrediction(), makePrediction()];
    await index(t.context, [old]);
    const before = clock.now() + 1;
    clock.advance(60_000);
    await index(t.context, [young]);
    await sendLines(t.client, [
      { prediction: old.id, value: 1 },
      { prediction: young.id, value: 1 },
    ]);
    await settle(t.context);
    clock.advance(1_000);
    await tell(t, 'captures.expired', { endpoint: 'flights', before });
    await sendLines(t.client, [
      { prediction: young.id, value: 0 },
      { prediction: old.id, value: 0 },
    ]);
    clock.advance(120_000);
    await settle(t.context);
    expect(await t.client.request('GET', '/api/v1/endpoints/flights/quality')).toMatchObject({
      windows: [{ state: 'final', revision: 1, quality: { predictions: 2, labelled: 2 } }],
    });
    expect(await t.client.request('GET', LABELS)).toMatchObject({
      outcomes: { accepted: 2, corrected: 1, unknown: 1 },
    });
  });
});

import { describe, expect, test } from 'vitest';
import { databases } from '../../../test/databases.ts';
import { manualClock } from '../../platform/clock.ts';
import { refusal } from '../serve/captures.fixture.ts';
import {
  declareEndpoint,
  index,
  LABELS,
  labellingApp,
  MONDAY,
  makePrediction,
  type Receipt,
  sendLines,
  some,
} from './label.fixture.ts';

interface History {
  readonly rows: readonly {
    readonly ref: string;
    readonly indexed: boolean;
    readonly label: { readonly value: unknown; readonly censored: string | null; readonly label_time: number } | null;
    readonly history: readonly { readonly value: unknown; readonly joined_at: number | null }[];
  }[];
}

describe.each(databases)('labels on $name', (database) => {
  const open = () => labellingApp({ database, clock: manualClock() });
  const T = MONDAY;

  test('each label of a known prediction gets one outcome, and the newest by its own time holds', async () => {
    await using t = await open();
    const one = makePrediction();
    await index(t.context, [one]);
    const prediction = `${one.id}.0`;
    const send = async (...labels: object[]) => {
      const { outcomes } = await sendLines(
        t.client,
        labels.map((label) => ({ prediction, ...label })),
      );
      const { rows } = await t.client.request<History>('GET', `/api/v1/predictions/${prediction}/labels`);
      return [some(outcomes), rows[0]?.label?.value, rows[0]?.history.length];
    };
    expect(await send({ value: 1, label_time: T + 10 })).toEqual([{ accepted: 1 }, 1, 1]);
    expect(await send({ value: 1, label_time: T + 10 })).toEqual([{ repeated: 1 }, 1, 1]);
    expect(await send({ value: true, label_time: T + 20 })).toEqual([{ repeated: 1 }, 1, 2]);
    expect(await send({ value: 0, label_time: T + 15 })).toEqual([{ superseded: 1 }, 1, 3]);
    expect(await send({ value: 0, label_time: T + 30 })).toEqual([{ corrected: 1 }, 0, 4]);
    expect(await send({ value: 1, label_time: T + 30 })).toEqual([{ contradictory: 1 }, 1, 5]);
    expect(await send({ value: 1 })).toEqual([{ repeated: 1 }, 1, 5]);
    expect(await send({ value: 0 }, { value: 1 })).toEqual([{ corrected: 1, contradictory: 1 }, 1, 7]);
    expect(await send({ censored: 'the flight was cancelled', label_time: t.context.clock.now() + 1 })).toEqual([
      { corrected: 1 },
      null,
      8,
    ]);
  });

  test('the same labels lead to the same current label in any order when their times differ', async () => {
    await using t = await open();
    const labels = [
      { value: 1, label_time: T + 1 },
      { value: 0, label_time: T + 2 },
      { value: 1, label_time: T + 3 },
      { value: 1, label_time: T + 4 },
      { value: 0, label_time: T + 2.4 },
    ];
    const orders = [
      [0, 1, 2, 3, 4],
      [4, 3, 2, 1, 0],
      [3, 0, 4, 1, 2],
      [2, 4, 0, 3, 1],
    ];
    const predictions = orders.map(() => makePrediction());
    await index(t.context, predictions);
    for (const [at, order] of orders.entries()) {
      const prediction = predictions[at]?.id;
      await sendLines(
        t.client,
        order.map((which) => ({ prediction, ...labels[which] })),
      );
      const { rows } = await t.client.request<History>('GET', `/api/v1/predictions/${prediction}/labels`);
      expect(rows[0]?.label).toMatchObject({ value: 1 });
    }
  });

  test('a label that came before its prediction waits once and is joined when it arrives', async () => {
    await using t = await open();
    const [byId, byKey, many] = [makePrediction(), makePrediction({ key: 'UA1' }), makePrediction({ rowCount: 2 })];
    const labels = [
      { prediction: byId.id, value: 1 },
      { key: 'UA1', value: 0, label_time: T + 5 },
      { key: 'UA1', value: 1, label_time: T - 5 },
      { prediction: many.id, value: 1 },
    ];
    expect(some((await sendLines(t.client, labels)).outcomes)).toEqual({ unknown: 4 });
    expect(some((await sendLines(t.client, labels)).outcomes)).toEqual({ unknown: 4 });
    const page = () => t.client.request<{ received: number; waiting: number }>('GET', LABELS);
    expect(await page()).toMatchObject({ received: 8, waiting: 4 });
    expect(await index(t.context, [byId, byKey, many])).toEqual({ added: 3, joined: 2 });
    expect(await index(t.context, [byId, byKey, many])).toEqual({ added: 0, joined: 0 });
    const current = async (id: string) =>
      (await t.client.request<History>('GET', `/api/v1/predictions/${id}.0/labels`)).rows[0]?.label?.value ?? null;
    expect([await current(byId.id), await current(byKey.id), await current(many.id)]).toEqual([1, 0, null]);
    // The label by key from before the event, and the one that does not say which of two rows.
    expect(await page()).toMatchObject({ received: 8, waiting: 2 });
  });

  test('a key names the newest prediction with it at or before the time of the label', async () => {
    await using t = await open();
    const times = [T, T + 10, T + 20];
    const predictions = times.map((eventTime) => makePrediction({ key: 'UA1', eventTime }));
    await index(t.context, predictions);
    const { outcomes } = await sendLines(t.client, [
      { key: 'UA1', value: 1, label_time: T + 15 },
      { key: 'UA1', value: 0, label_time: T + 999, event_time: new Date(T).toISOString() },
      { key: 'UA1', value: 1 },
      { key: 'UA1', value: 1, label_time: T - 1 },
      { key: 'UA2', value: 1 },
    ]);
    expect(some(outcomes)).toEqual({ accepted: 3, unknown: 2 });
    const values = [];
    for (const { id } of predictions) {
      const { rows } = await t.client.request<History>('GET', `/api/v1/predictions/${id}/labels`);
      values.push(rows[0]?.label?.value);
    }
    expect(values).toEqual([0, 1, 1]);
  });

  test('what is no label of the endpoint is counted and told by its line, and nothing of it is kept', async () => {
    await using t = await open();
    const two = makePrediction({ rowCount: 2 });
    await index(t.context, [two]);
    await declareEndpoint(t.context, 'weather', null);
    const receipt = await sendLines(t.client, [
      { prediction: `${two.id}.0`, value: 0.4 },
      '',
      'not json',
      { prediction: two.id, value: 1 },
      { prediction: `${two.id}.2`, value: 1 },
      { prediction: 'x', value: 1 },
      { value: 1 },
      { key: 'a', value: 1, censored: 'b' },
      { key: 'a', value: 1, when: 3 },
      { key: 'a', value: 1, label_time: 'soon' },
    ]);
    expect(receipt).toMatchObject({ received: 9, outcomes: { invalid: 9 } });
    expect(receipt.refusals.map(({ line, problem }) => `${line} ${problem}`)).toEqual([
      '1 0.4 is no label of this endpoint: expected 0 or 1 (or false and true).',
      '3 This is no JSON.',
      `4 The request ${two.id} has 2 rows: say which, ${two.id}.0 to ${two.id}.1.`,
      `5 The request ${two.id} had 2 rows, counted from 0.`,
      '6 x is no id of a prediction.',
      '7 A label says either which prediction it is about, or the key of one.',
      '8 A label has either a value or the reason why it is censored.',
      '9 There is no field when in a label.',
      '10 label_time is neither milliseconds since the epoch nor an ISO 8601 time.',
    ]);
    expect(await t.client.request('GET', LABELS)).toMatchObject({ waiting: 0, labels: [] });
    const path = '/api/v1/endpoints/weather/labels';
    const elsewhere = t.client.request('POST', path, { json: { prediction: `${two.id}.0`, value: 1 } });
    expect(await refusal(elsewhere)).toMatchObject({ status: 422, code: 'LABELS_INVALID' });
    expect(await refusal(t.client.request('POST', LABELS.replace('flights', 'nope'), { json: {} }))).toMatchObject({
      ...{ status: 404, code: 'LABELS_ENDPOINT_NOT_FOUND' },
    });
  });

  test('one label, many in JSON, and a CSV file with columns of other names are all taken', async () => {
    await using t = await open();
    const predictions = Array.from({ length: 4 }, (_, at) => makePrediction({ key: `k${at}` }));
    await index(t.context, predictions);
    const [a, b, c, d] = predictions.map(({ id }) => id);
    const post = (json: unknown) => t.client.request<Receipt>('POST', LABELS, { json });
    expect(await post({ prediction: a, value: 1 })).toMatchObject({ received: 1, outcomes: { accepted: 1 } });
    const both = {
      labels: [
        { prediction: a, value: 1 },
        { prediction: b, value: '0' },
      ],
    };
    expect(some((await post(both)).outcomes)).toEqual({ repeated: 1, accepted: 1 });
    const csv = `id,late,known\nprediction:${c}.0,1,2001-03-06 10:00:00\n${d},NA,2001-03-06 11:00:00\n`;
    const query = { prediction_column: 'id', value_column: 'late', label_time_column: 'known' };
    const headers = { 'content-type': 'text/csv' };
    const receipt = await t.client.request<Receipt>('POST', LABELS, { body: csv, query, headers });
    expect(some(receipt.outcomes)).toEqual({ accepted: 1, invalid: 1 });
    const { rows } = await t.client.request<History>('GET', `/api/v1/predictions/${c}/labels`);
    expect(rows[0]?.label).toMatchObject({ value: 1, label_time: Date.UTC(2001, 2, 6, 10) });
    const unnamed = t.client.request('POST', LABELS, { body: csv, headers });
    expect(await refusal(unnamed)).toMatchObject({ status: 422, code: 'LABELS_COLUMN_NOT_FOUND' });
    const broken = t.client.request('POST', LABELS, {
      body: 'PAR1 no',
      headers: { 'content-type': 'application/vnd.apache.parquet' },
    });
    expect(await refusal(broken)).toMatchObject({ status: 422, code: 'LABELS_FILE_UNREADABLE' });
  });

  test('a batch that is sent again under its key goes on where it ended, and answers the same', async () => {
    await using t = await open();
    const predictions = Array.from({ length: 1_300 }, () => makePrediction());
    await index(t.context, predictions);
    const labels = predictions.map(({ id }, at) => ({ prediction: id, value: at % 2 }));
    const first = await sendLines(t.client, labels.slice(0, 700), 'batch-1');
    expect(some(first.outcomes)).toEqual({ accepted: 700 });
    expect(await sendLines(t.client, labels.slice(0, 700), 'batch-1')).toEqual(first);
    const all = await sendLines(t.client, labels, 'batch-1');
    expect(all).toMatchObject({ received: 1_300, outcomes: { accepted: 1_300 } });
    expect(await sendLines(t.client, labels, 'batch-1')).toEqual(all);
    const other = sendLines(t.client, [{ prediction: 'x' }, ...labels], 'batch-1');
    expect(await refusal(other)).toMatchObject({ status: 409, code: 'LABELS_BATCH_DIFFERS' });
    expect(await refusal(sendLines(t.client, labels.slice(0, 9), 'batch-1'))).toMatchObject({ status: 409 });
    expect(await t.client.request('GET', LABELS)).toMatchObject({ received: 1_300 });
    expect(some((await sendLines(t.client, labels)).outcomes)).toEqual({ repeated: 1_300 });
  });
});

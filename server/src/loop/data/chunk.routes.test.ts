import { expect, test } from 'vitest';
import { testApp } from '../../../test/test-app.ts';
import { dataStage } from './stage.ts';

test('a pack of another content type, or none at all, is the client’s mistake', async () => {
  await using app = await testApp({ stages: [dataStage], background: false });
  const send = (init: RequestInit) => fetch(`${app.baseUrl}/api/v1/chunks`, { method: 'POST', ...init });
  for (const type of ['application/json', 'text/plain', 'application/xml']) {
    expect((await send({ body: '{}', headers: { 'content-type': type } })).status).toBe(415);
  }
  expect((await send({})).status).toBe(415);
  const empty = await send({ body: '{}', headers: { 'content-type': 'application/vnd.bucle.pack' } });
  expect(empty.status).toBe(422);
});

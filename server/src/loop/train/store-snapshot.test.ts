import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { testApp } from '../../../test/test-app.ts';

test('a content that is not what its hash says is refused, whatever its length, and the server goes on', async () => {
  await using app = await testApp({ background: false });
  const put = async (sha256: string, body: Uint8Array<ArrayBuffer>) => {
    const headers = { 'content-type': 'application/octet-stream' };
    const url = `${app.baseUrl}/api/v1/snapshots/files/${sha256}`;
    return (await fetch(url, { method: 'PUT', body, headers })).status;
  };
  // An error that nobody hears would end the process; the test runner reports it.
  for (const length of [0, 2, 70_000, 2_000_000]) {
    expect(await put('a'.repeat(64), new Uint8Array(length))).toBe(422);
  }
  const body = new Uint8Array(3);
  expect(await put(createHash('sha256').update(body).digest('hex'), body)).toBe(204);
});

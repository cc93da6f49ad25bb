import { describe, expect, test } from 'vitest';
import { FrameReader, frame } from './frame.ts';
import { ChannelClosed, FrameChannel } from './frame-channel.ts';
import { identify } from './identity.ts';

const worker = `
import json, os, struct, sys, time, subprocess
requests, answers = os.fdopen(3, 'rb'), os.fdopen(4, 'wb')
while True:
    header = requests.read(4)
    if len(header) < 4: sys.exit(0)
    request = json.loads(requests.read(struct.unpack('<I', header)[0]))
    print('noise on stdout', flush=True)
    op = request['op']
    if op == 'sleep': time.sleep(60)
    if op == 'exit': sys.exit(7)
    if op == 'orphan': subprocess.Popen(['sleep', '60'], pass_fds=[4]); sys.exit(0)
    if op == 'garbage': answers.write(b'not a frame at all'); answers.flush(); time.sleep(60)
    body = json.dumps({'id': request['id'], 'ok': True, 'echo': request.get('value')}).encode()
    answers.write(struct.pack('<I', len(body)) + body); answers.flush()
`;

const open = () =>
  new FrameChannel({
    command: 'python3',
    args: ['-c', worker],
    cwd: '/',
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'] },
    log: 'ignore',
  });

describe('a worker process that answers frames', () => {
  test('requests are answered by their id, also many at once and large ones', async () => {
    await using channel = open();
    const large = 'x'.repeat(5_000_000);
    const values = ['a', large, { deep: [1, null] }, 'é'];
    const answers = await Promise.all(values.map((value) => channel.request({ op: 'echo', value }, 10_000)));
    expect(answers).toEqual(values.map((echo, index) => ({ id: index + 1, ok: true, echo })));
  });

  test('closing it asks the worker to end, and it ends by itself', async () => {
    const channel = open();
    await channel.request({ op: 'echo' }, 10_000);
    await channel[Symbol.asyncDispose]();
    expect(await channel.ended).toEqual({ code: 0, signal: null });
  });

  test('no answer in time kills the worker and rejects everything that waits', async () => {
    await using channel = open();
    const waiting = [channel.request({ op: 'sleep' }, 300), channel.request({ op: 'echo' }, 60_000)];
    const failures = await Promise.all(waiting.map((one) => one.catch((error: Error) => error)));
    expect(failures).toEqual([
      new ChannelClosed('No answer within 300 ms; the process was killed.'),
      new ChannelClosed('No answer within 300 ms; the process was killed.'),
    ]);
    expect(await channel.ended).toEqual({ code: null, signal: 'SIGKILL' });
    expect(identify(channel.pid ?? 0)).toBeNull();
  });

  test('a worker that dies rejects what waits and what comes later, with its exit code', async () => {
    await using channel = open();
    await expect(channel.request({ op: 'exit' }, 10_000)).rejects.toThrow('The process ended (exit code 7).');
    await expect(channel.request({ op: 'echo' }, 10_000)).rejects.toThrow('The process ended (exit code 7).');
  });

  test('a grandchild that holds the pipe does not hide the end of the worker, and is killed', async () => {
    await using channel = open();
    await expect(channel.request({ op: 'orphan' }, 10_000)).rejects.toThrow('exit code 0');
    expect(await channel.ended).toEqual({ code: 0, signal: null });
  });

  test('a model that writes to our pipe is killed, and nothing else breaks', async () => {
    await using channel = open();
    await expect(channel.request({ op: 'garbage' }, 10_000)).rejects.toThrow(/something else than frames/);
  });

  test('a command that does not exist rejects the requests', async () => {
    await using channel = new FrameChannel({ command: '/no/such', args: [], cwd: '/', env: {}, log: 'ignore' });
    await expect(channel.request({ op: 'echo' }, 1_000)).rejects.toThrow('ENOENT');
  });
});

describe('frames', () => {
  test('are put together from pieces of any size', () => {
    const messages = [{ a: 1 }, 'two', [3], null, { long: 'é'.repeat(1000) }];
    const bytes = Buffer.concat(messages.map((message) => frame(message) ?? Buffer.alloc(0)));
    for (const size of [1, 3, 4, 5, 64, bytes.length]) {
      const reader = new FrameReader();
      const seen: unknown[] = [];
      for (let at = 0; at < bytes.length; at += size) seen.push(...reader.read(bytes.subarray(at, at + size)));
      expect(seen).toEqual(messages);
    }
  });

  test('an impossible length is refused before anything is kept', () => {
    const header = Buffer.alloc(4);
    header.writeUInt32LE(0xffff_ffff);
    expect(() => [...new FrameReader().read(header)]).toThrow('4294967295');
  });
});

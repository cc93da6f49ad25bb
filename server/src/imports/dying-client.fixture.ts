import { createServer, request as forward } from 'node:http';
import { inheritedEnvironment } from '../platform/config/inherited-environment.ts';
import { siblingModule } from '../platform/processes/sibling-module.ts';
import { spawnAttached } from '../platform/processes/spawn-attached.ts';

export interface Death {
  /** Counted from 1. */
  readonly atRequest: number;
  /** Before the server sees that request, or once it answered and the client does not know. */
  readonly when: 'before' | 'after';
}

/** Runs the command line in a process of its own, which is killed with -9 at one of its requests. @throws when it was not */
export async function dieAt(words: readonly string[], baseUrl: string, { atRequest, when }: Death): Promise<void> {
  let count = 0;
  let kill = () => {};
  const output: Buffer[] = [];
  const proxy = createServer((incoming, outgoing) => {
    count += 1;
    const isLast = count === atRequest;
    if (isLast && when === 'before') return kill();
    const { method = 'GET', headers } = incoming;
    const onward = forward(new URL(incoming.url ?? '', baseUrl), { method, headers }, (answer) => {
      if (isLast) return kill();
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const address = proxy.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const main = siblingModule(import.meta.url, '../cli/main').pathname;
  const child = await spawnAttached({
    command: [process.execPath, main, ...words, '--url', `http://127.0.0.1:${port}`],
    ...{
      cwd: process.cwd(),
      env: { ...inheritedEnvironment(), NODE_OPTIONS: '--conditions=@bucle/source' },
      onOutput: (chunk) => void output.push(chunk),
    },
  });
  kill = () => process.kill(child.pid, 'SIGKILL');
  const { signal } = await child.ended;
  proxy.closeAllConnections();
  proxy.close();
  if (signal !== 'SIGKILL') throw new Error(`It ended by itself after ${count} requests: ${Buffer.concat(output)}`);
}

import { createServer } from 'node:net';

/** Below those that the system gives to whoever asks for any port: nobody else gets it between this and its use. */
const LOWEST = 15_000;
const HIGHEST = 30_000;

/** A port of loopback for a server that is started later, perhaps several times. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

import { destination, type Logger, pino } from 'pino';

export type Log = Logger;

/** JSON lines on stderr: stdout belongs to results. Level `silent` for tests. */
export function createLog(level: string, name: string): Log {
  return pino(
    { name, level, redact: ['req.headers.authorization', 'token', 'secret'] },
    destination({ fd: 2, sync: false }),
  );
}

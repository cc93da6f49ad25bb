import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

/** Writes lines of ours into the log of an attempt before its runner does, so that whoever follows it sees why it waits. */
export function attemptLog(path: string): (line: string) => void {
  mkdirSync(dirname(path), { recursive: true });
  return (line) => {
    try {
      appendFileSync(path, `bucle: ${line.slice(0, 2_000)}\n`, { mode: 0o600 });
    } catch {
      // A full disk: what comes next will say so.
    }
  };
}

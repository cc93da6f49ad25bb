import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { BoundedLog } from './bounded-log.ts';

const folder = mkdtempSync(join(tmpdir(), 'bucle-log-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function logged(bounds: { headBytes: number; tailBytes: number }, chunks: readonly string[]): string {
  files += 1;
  const path = join(folder, String(files));
  {
    using log = new BoundedLog(path, bounds);
    for (const chunk of chunks) log.write(Buffer.from(chunk));
  }
  return readFileSync(path, 'utf8');
}

test('what fits is kept as it came', () => {
  expect(logged({ headBytes: 10, tailBytes: 4 }, ['ab', 'cde', 'fghij', 'k', 'lmn'])).toBe('abcdefghijklmn');
});

test('of what does not fit start and end are kept, and the gap says its size', () => {
  expect(logged({ headBytes: 3, tailBytes: 4 }, ['abcdef', 'ghij'])).toBe(
    'abc\nbucle: 3 bytes of output are left out here\nghij',
  );
});

test('start and end are true, and no byte is unaccounted for, however the output is cut', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'd'), maxLength: 30 });
  fc.assert(
    fc.property(
      fc.array(text, { maxLength: 12 }),
      fc.nat(20),
      fc.integer({ min: 1, max: 20 }),
      (chunks, head, tail) => {
        const whole = chunks.join('');
        const dropped = whole.length - head - tail;
        const expected =
          dropped <= 0
            ? whole
            : `${whole.slice(0, head)}\nbucle: ${dropped} bytes of output are left out here\n${whole.slice(-tail)}`;
        expect(logged({ headBytes: head, tailBytes: tail }, chunks)).toBe(expected);
      },
    ),
  );
});

test('a flush puts the kept end on disk, and later output follows it', () => {
  const path = join(folder, 'flushed');
  using log = new BoundedLog(path, { headBytes: 2, tailBytes: 2 });
  log.write(Buffer.from('abcdef'));
  log.flush();
  expect(readFileSync(path, 'utf8')).toBe('ab\nbucle: 2 bytes of output are left out here\nef');
  log.write(Buffer.from('g'));
  log.flush();
  expect(readFileSync(path, 'utf8')).toMatch(/ef.?g$/);
});

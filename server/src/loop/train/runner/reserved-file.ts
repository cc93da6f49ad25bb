import { existsSync } from 'node:fs';
import { open, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

const SIZE = 64 * 1024;

/** Takes the space of a small file in advance, so that it can be written when the disk is full. */
export async function reserveFile(path: string): Promise<void> {
  const reserved = `${path}.reserved`;
  if (existsSync(path) || (await sizeOf(reserved)) >= SIZE) return;
  await using file = await open(reserved, 'w', 0o600);
  await file.writeFile(' '.repeat(SIZE));
  await file.sync();
}

function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    (info) => info.size,
    () => 0,
  );
}

/** Writes JSON into the reserved space and gives it its name: whole or not at all. */
export async function writeReserved(path: string, value: unknown): Promise<void> {
  const text = JSON.stringify(value);
  const bytes = Buffer.from(text);
  if (bytes.length > SIZE) throw new RangeError(`${path} would have ${bytes.length} bytes.`);
  {
    await using file = await open(`${path}.reserved`, 'r+');
    await file.write(Buffer.concat([bytes, Buffer.alloc(SIZE - bytes.length, ' ')]), 0, SIZE, 0);
    await file.sync();
  }
  await rename(`${path}.reserved`, path);
  await using folder = await open(dirname(path), 'r');
  await folder.sync();
}

import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { uuidv7 } from '../ids.ts';
import { blobErrors, type Part, type PartUpload, type PartUploads } from './blob-store.ts';
import { absent, statFile, writeNew } from './disk-files.ts';

/** In the folder of an upload: the key that it is for, and that it was finished. */
const KEY = 'key';
const DONE = 'done';

const COPY_BYTES = 4 << 20;

export interface PartsOptions {
  /** Where uploads are kept, each in a folder of its own. */
  readonly folder: string;
  /** Makes a complete file a blob: durable, and in one step. */
  publish(file: string, key: string): Promise<void>;
  /** Removes what was abandoned. */
  sweep(): Promise<void>;
  /** Errors of the file system in the words of the store. */
  translate(error: unknown, key: string): unknown;
}

/**
 * Each part is a file until all are there; then one file is made of them. A part is not forced to disk, the whole
 * is: when the power failed in between, the sizes in the names tell.
 */
export function diskParts({ folder, publish, sweep, translate }: PartsOptions): PartUploads {
  const folderOf = ({ id }: PartUpload) => join(folder, id);

  const requireOpen = async (upload: PartUpload): Promise<string> => {
    if (!/^[\w-]{1,64}$/.test(upload.id)) throw notFound(upload);
    const path = folderOf(upload);
    const key = await readFile(join(path, KEY), 'utf8').catch(absent);
    if (key !== upload.key) throw notFound(upload);
    return path;
  };

  return {
    async begin(key) {
      await sweep();
      const id = uuidv7();
      try {
        await mkdir(join(folder, id), { recursive: true });
        await writeFile(join(folder, id, KEY), key);
        return id;
      } catch (error) {
        throw translate(error, key);
      }
    },
    async put(upload, number, body) {
      const path = await requireOpen(upload);
      const id = uuidv7();
      const partial = join(path, `partial.${id}`);
      try {
        const { size } = await writeNew(partial, body, { sync: false });
        const etag = `${id}-${size}`;
        const before = await partFiles(path, number);
        await rename(partial, join(path, partName({ number, etag })));
        for (const name of before) await rm(join(path, name), { force: true });
        return etag;
      } catch (error) {
        await rm(partial, { force: true });
        throw absentUpload(error) ? notFound(upload) : translate(error, upload.key);
      }
    },
    async finish(upload, parts) {
      const path = await requireOpen(upload);
      if (await isDone(path)) return;
      const whole = join(path, `whole.${uuidv7()}`);
      try {
        await assemble(whole, path, upload, parts);
        await publish(whole, upload.key);
      } catch (error) {
        await rm(whole, { force: true });
        // Who asked again while the first was still at it finds the parts gone.
        if (await isDone(path)) return;
        throw translate(error, upload.key);
      }
      await writeFile(join(path, DONE), '');
      for (const name of await partFiles(path)) await rm(join(path, name), { force: true });
    },
    async abort(upload) {
      const path = await requireOpen(upload).catch(() => null);
      if (path !== null) await rm(path, { recursive: true, force: true });
    },
  };
}

async function assemble(whole: string, folder: string, upload: PartUpload, parts: readonly Part[]): Promise<void> {
  await using target = await open(whole, 'wx');
  const buffer = Buffer.allocUnsafeSlow(COPY_BYTES);
  for (const part of parts) {
    const size = Number(/-(\d{1,15})$/.exec(part.etag)?.[1]);
    const path = join(folder, partName(part));
    const found = isName(part.etag) ? await statFile(path) : null;
    if (!found) throw mismatch(upload, part, 'another one, or none, has arrived under this number');
    if (found.size !== size) throw mismatch(upload, part, 'it was lost when the machine went down');
    await using source = await open(path, 'r');
    await copy(source, target, buffer);
  }
  await target.datasync();
}

async function copy(source: FileHandle, target: FileHandle, buffer: Buffer): Promise<void> {
  for (;;) {
    const { bytesRead } = await source.read(buffer, 0, buffer.length, null);
    if (bytesRead === 0) return;
    for (let at = 0; at < bytesRead; ) at += (await target.write(buffer, at, bytesRead - at)).bytesWritten;
  }
}

function partName({ number, etag }: Part): string {
  return `part.${number}.${etag}`;
}

/** Files of the parts that arrived: all, or those of one number. */
async function partFiles(folder: string, number?: number): Promise<string[]> {
  const prefix = number === undefined ? 'part.' : `part.${number}.`;
  return ((await readdir(folder).catch(absent)) ?? []).filter((name) => name.startsWith(prefix));
}

async function isDone(folder: string): Promise<boolean> {
  return (await statFile(join(folder, DONE))) !== null;
}

function isName(etag: string): boolean {
  return /^[\w-]{1,100}$/.test(etag);
}

function absentUpload(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

function notFound({ id, key }: PartUpload) {
  return blobErrors.UPLOAD_NOT_FOUND({ id: id.slice(0, 100), key });
}

function mismatch({ key }: PartUpload, { number }: Part, reason: string) {
  return blobErrors.PART_MISSING({ key, number, reason });
}

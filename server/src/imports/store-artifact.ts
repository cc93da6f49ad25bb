import type { Readable } from 'node:stream';
import type { Context } from '../context.ts';
import type { Db } from '../database.ts';
import { findLoggedModels, findRuns, locatedKey } from '../loop/track/index.ts';
import { isOwnPlace } from './artifact-root.ts';
import { importErrors } from './errors.ts';
import { findItems, listArtifacts, type StoredArtifact, writeArtifact } from './import.store.ts';

type Parts = Pick<Context, 'db' | 'blobs' | 'clock' | 'config'>;

export interface Owner {
  readonly import: string;
  readonly kind: 'run' | 'logged-model';
  readonly id: string;
}

/** Keeps a file of a run or logged model of this import, and notes what was kept. @throws IMPORT_INVALID_PATH … */
export async function storeArtifact(
  { db, blobs, clock, config }: Parts,
  owner: Owner,
  { path, stamp, body }: { readonly path: string; readonly stamp: string; readonly body: Readable | Uint8Array },
): Promise<{ readonly size: number; readonly sha256: string }> {
  const place = await placeOf({ db: db.read, config }, owner);
  const { size, sha256 } = await blobs.put(keyOf(place, path), body, { hash: true });
  if (sha256 === null) throw new Error('The blob store was asked for a hash, and gave none.');
  await db.transaction((trx) =>
    writeArtifact(trx, owner.import, { owner: owner.id, path, size, sha256, stamp, now: clock.now() }),
  );
  return { size, sha256 };
}

/** What was kept of an owner and still has the size it had then. */
export async function listStored({ db, blobs, config }: Parts, owner: Owner): Promise<StoredArtifact[]> {
  const noted = await listArtifacts(db.read, owner.import, owner.id);
  if (noted.length === 0) return [];
  const root = keyOf(await placeOf({ db: db.read, config }, owner));
  const sizes = new Map<string, number>();
  for await (const { key, size } of blobs.walk(root)) sizes.set(key.slice(root.length + 1), size);
  return noted.filter(({ path, size }) => sizes.get(path) === size);
}

/** @throws IMPORT_OWNER_NOT_FOUND, IMPORT_ELSEWHERE */
async function placeOf({ db, config }: { db: Db; config: Context['config'] }, owner: Owner): Promise<string> {
  const known = await findItems(db, owner.import, owner.kind, [owner.id]);
  const find = owner.kind === 'run' ? findRuns : findLoggedModels;
  const [found] = known.has(owner.id) ? await find(db, [owner.id]) : [];
  const name = `${owner.kind} ${owner.id}`;
  if (!found) throw importErrors.OWNER_NOT_FOUND({ owner: name });
  if (isOwnPlace(config, found.artifactUri)) return found.artifactUri;
  throw importErrors.ELSEWHERE({ owner: name, uri: found.artifactUri });
}

function keyOf(place: string, path = ''): string {
  try {
    const key = locatedKey(place, path);
    if (key !== null) return key;
  } catch (error) {
    throw importErrors.INVALID_PATH({ path: path.slice(0, 300) }, { cause: error });
  }
  throw importErrors.INVALID_PATH({ path: path.slice(0, 300) });
}

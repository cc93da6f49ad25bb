import { type BlobInfo, type BlobStore, blobErrors, type PartUpload } from './blob-store.ts';

export interface Mount {
  /** First part of the keys that it answers. */
  readonly name: string;
  readonly store: BlobStore;
  /** Folder below which the keys of this mount lie; whatever lies elsewhere does not exist. */
  readonly base?: string;
  /** A folder of the store that is not this mount's. */
  readonly hidden?: string;
  /** Whether it is part of a walk through everything. */
  readonly walked: boolean;
}

interface Place {
  readonly store: BlobStore;
  /** Key in that store; '' is its root. */
  readonly own: string;
  readonly mount: Mount | null;
}

/** One store made of several: each mount answers for the keys below its name, `rest` for all others. */
export function mountBlobs(rest: BlobStore, mounts: readonly Mount[]): BlobStore {
  const find = (key: string): Place | null => {
    const mount = mounts.find(({ name }) => key === name || key.startsWith(`${name}/`));
    if (mount === undefined) return { store: rest, own: key, mount: null };
    const own = below(mount.base, key.slice(mount.name.length + 1));
    if (own === null || (mount.hidden !== undefined && own.split('/')[0] === mount.hidden)) return null;
    return { store: mount.store, own, mount };
  };
  /** Where something is read or changed: the root of a store is no blob. */
  const locate = (key: string): Place => {
    const place = find(key);
    if (place === null || place.own === '') throw blobErrors.INVALID_KEY({ key: key.slice(0, 200) });
    return place;
  };
  const upload = (given: PartUpload) => {
    const { store, own } = locate(given.key);
    return { parts: store.parts, inner: { key: own, id: given.id } };
  };

  return {
    async put(key, body, options) {
      const { store, own } = locate(key);
      return store.put(own, body, options);
    },
    async head(key) {
      const place = find(key);
      const info = place && place.own !== '' ? await place.store.head(place.own) : null;
      return info && { ...info, key };
    },
    async get(key, range) {
      const place = find(key);
      const found = place && place.own !== '' ? await place.store.get(place.own, range) : null;
      return found && { ...found, info: { ...found.info, key } };
    },
    async list(prefix) {
      const place = find(prefix);
      if (place === null) return [];
      const entries = await place.store.list(place.own);
      return place.own === '' ? entries.filter(({ name }) => name !== place.mount?.hidden) : entries;
    },
    async *walk(prefix) {
      const place = find(prefix);
      if (place !== null) yield* walkPlace(place, prefix);
      if (prefix !== '') return;
      for (const { name, walked } of mounts) if (walked) yield* this.walk(name);
    },
    async delete(key) {
      const { store, own } = locate(key);
      await store.delete(own);
    },
    parts: {
      async begin(key) {
        const { store, own } = locate(key);
        return store.parts.begin(own);
      },
      async put(given, number, body, size) {
        const { parts, inner } = upload(given);
        return parts.put(inner, number, body, size);
      },
      async finish(given, all) {
        const { parts, inner } = upload(given);
        await parts.finish(inner, all);
      },
      async abort(given) {
        const { parts, inner } = upload(given);
        await parts.abort(inner);
      },
    },
    urls(key) {
      const { store, own } = locate(key);
      return store.urls(own);
    },
  };
}

/** With the keys that they have here: what lies below `own` there lies below `prefix` here. */
async function* walkPlace({ store, own, mount }: Place, prefix: string): AsyncGenerator<BlobInfo> {
  for await (const info of store.walk(own)) {
    if (mount?.hidden !== undefined && info.key.startsWith(`${mount.hidden}/`)) continue;
    if (own === prefix) yield info;
    else yield { ...info, key: joined(prefix, own === '' ? info.key : info.key.slice(own.length + 1)) };
  }
}

/** The rest of a key below a folder; null when it is not below it. */
function below(base: string | undefined, key: string): string | null {
  if (base === undefined || key === base) return base === undefined ? key : '';
  return key.startsWith(`${base}/`) ? key.slice(base.length + 1) : null;
}

function joined(prefix: string, rest: string): string {
  return prefix === '' ? rest : `${prefix}/${rest}`;
}

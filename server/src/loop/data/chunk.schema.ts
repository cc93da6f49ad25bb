import { Type } from 'typebox';

const Hash = Type.String({ pattern: '^[0-9a-f]{64}$' });

export const HashList = Type.Object(
  { hashes: Type.Array(Hash, { minItems: 1, maxItems: 5_000 }) },
  { additionalProperties: false },
);

export const MissingHashes = Type.Object({ missing: Type.Array(Hash) });

export const ReceivedPack = Type.Object({
  chunks: Type.Integer({ description: 'In the pack; all of them are on disk now.' }),
  added: Type.Integer({ description: 'Of these, chunks that were not stored before.' }),
});

import { type Static, Type } from 'typebox';
import { MAX_FILES, type Snapshot, type SnapshotFile } from './snapshot.ts';

export const Sha256 = Type.String({ pattern: '^[0-9a-f]{64}$', description: 'SHA-256 in hex.' });

export const MissingRequest = Type.Object(
  { files: Type.Array(Sha256, { maxItems: 5_000 }) },
  { additionalProperties: false },
);
export const MissingResponse = Type.Object({ missing: Type.Array(Sha256) });

const Mode = Type.Union([Type.Literal('file'), Type.Literal('executable'), Type.Literal('link')], {
  description: 'The content of a link is its target.',
});
const FileSize = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });

export const NewSnapshot = Type.Object(
  {
    files: Type.Array(
      Type.Object({ path: Type.String(), mode: Mode, sha256: Sha256, size: FileSize }, { additionalProperties: false }),
      { maxItems: MAX_FILES },
    ),
  },
  { additionalProperties: false },
);

export const SnapshotResponse = Type.Object({
  id: Sha256,
  files: Type.Integer(),
  bytes: Type.Integer(),
  created_at: Type.Integer({ description: 'Milliseconds since the epoch.' }),
  created_by: Type.String(),
});

export const SnapshotDetail = Type.Object({
  ...SnapshotResponse.properties,
  tree: Type.Array(Type.Object({ path: Type.String(), mode: Mode, sha256: Sha256, size: FileSize })),
});

export function toSnapshotResponse(snapshot: Snapshot): Static<typeof SnapshotResponse> {
  const { id, files, bytes, createdAt, createdBy } = snapshot;
  return { id, files, bytes, created_at: createdAt, created_by: createdBy };
}

export function toSnapshotDetail(snapshot: Snapshot, tree: SnapshotFile[]): Static<typeof SnapshotDetail> {
  return { ...toSnapshotResponse(snapshot), tree };
}

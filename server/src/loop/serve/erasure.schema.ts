import { type Static, Type } from 'typebox';
import type { Erasure } from './erasure.ts';

export const ErasureView = Type.Object({
  id: Type.String(),
  endpoint: Type.String(),
  key_sha256: Type.String({ description: 'SHA-256 of the key; the key itself is not kept.' }),
  state: Type.Union([Type.Literal('running'), Type.Literal('done')]),
  actor: Type.String(),
  requested_at: Type.Integer(),
  finished_at: Type.Union([Type.Integer(), Type.Null()]),
  batches: Type.Integer({ description: 'Batches of captures that were looked through.' }),
  predictions: Type.Integer({ description: 'Rows of requests that were erased so far.' }),
  not_erasable: Type.Array(Type.String(), {
    description: 'Dataset versions that were frozen from captures of the endpoint: they are immutable.',
  }),
});

export function toErasureView(erasure: Erasure): Static<typeof ErasureView> {
  const { id, endpoint, keySha256, state, actor, requestedAt, finishedAt, batches, predictions } = erasure;
  return {
    ...{ id, endpoint, key_sha256: keySha256, state, actor, requested_at: requestedAt, finished_at: finishedAt },
    ...{ batches, predictions, not_erasable: [...erasure.datasetVersions] },
  };
}

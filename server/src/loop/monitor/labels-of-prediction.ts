import type { Static } from 'typebox';
import type { Db } from '../../database.ts';
import { type parsePredictionKey, predictionRef } from '../serve/index.ts';
import { type PredictionLabels, toCurrentLabel, toStoredLabel } from './label.schema.ts';
import { listLabelsOfPrediction } from './label.store.ts';
import { labelErrors } from './label-errors.ts';
import { listRowsOfRequest } from './prediction-index.store.ts';

/** Current labels and their history. @throws LABELS_PREDICTION_NOT_FOUND */
export async function labelsOfPrediction(
  db: Db,
  key: ReturnType<typeof parsePredictionKey>,
): Promise<Static<typeof PredictionLabels>> {
  const indexed = await listRowsOfRequest(db, key);
  const labels = await listLabelsOfPrediction(db, key);
  const known = new Map(indexed.map((row) => [row.row_index as number | null, row]));
  const rows = new Set([...known.keys(), ...labels.map(({ row_index }) => row_index)]);
  if (rows.size === 0) throw labelErrors.PREDICTION_NOT_FOUND({ id: predictionRef(key).replace('prediction:', '') });
  return {
    rows: [...rows]
      .sort((one, other) => (one ?? -1) - (other ?? -1))
      .map((row) => {
        const found = known.get(row);
        return {
          ref: predictionRef({ id: key.id, row }),
          row,
          indexed: found !== undefined,
          label: found ? toCurrentLabel(found) : null,
          history: labels.filter(({ row_index }) => row_index === row).map(toStoredLabel),
        };
      }),
  };
}

import { Type } from 'typebox';
import type { Context } from '../../context.ts';
import type { App } from '../../platform/http/create-http.ts';
import { findEndpoint } from '../deploy/index.ts';
import { listCounts } from './captures.store.ts';
import { serveErrors } from './errors.ts';
import { findPrediction } from './find-prediction.ts';
import { listPredictions } from './list-predictions.ts';
import {
  Prediction,
  PredictionPage,
  PredictionParams,
  PredictionQuery,
  toPredictionPage,
  toPredictionResponse,
} from './prediction.schema.ts';
import { parsePredictionKey } from './prediction.ts';

const tags = ['predictions'];

/** Reads back what was captured. */
export function predictionRoutes(app: App, parts: Pick<Context, 'db' | 'blobs'>): void {
  app.get(
    '/api/v1/predictions/:id',
    {
      schema: {
        tags,
        operationId: 'getPrediction',
        summary: 'A captured request with all its rows, or one row of it (`ID.k`).',
        params: PredictionParams,
        response: { 200: Prediction },
      },
    },
    async ({ params }) => {
      const key = parsePredictionKey(params.id);
      return toPredictionResponse(await findPrediction(parts, key.id), key);
    },
  );
  app.get(
    '/api/v1/endpoints/:name/predictions',
    {
      schema: {
        tags,
        operationId: 'listPredictions',
        summary: 'The captured requests of an endpoint, newest first, each with its first row.',
        params: Type.Object({ name: Type.String({ maxLength: 100 }) }),
        querystring: PredictionQuery,
        response: { 200: PredictionPage },
      },
    },
    async ({ params: { name }, query: { limit, before } }) => {
      const key = before === undefined ? null : parsePredictionKey(before);
      const captures = await listPredictions(parts, { endpoint: name, before: key?.id ?? null, limit });
      if (captures.length === 0) await requireEndpoint(parts, name);
      return toPredictionPage(captures, limit);
    },
  );
}

/** Captures outlive their endpoint. @throws SERVE_NOTHING_CAPTURED */
async function requireEndpoint({ db }: Pick<Context, 'db'>, name: string): Promise<void> {
  const known = (await findEndpoint(db.read, name)) ?? (await listCounts(db.read, name))[0];
  if (!known) throw serveErrors.NOTHING_CAPTURED({ endpoint: name });
}

import { Type } from 'typebox';
import type { Context } from '../../context.ts';
import { DURATION_PATTERN, parseDuration } from '../../platform/duration.ts';
import type { App } from '../../platform/http/create-http.ts';
import { purge } from '../track/index.ts';
import { listVersionsMadeOf } from './purge.store.ts';

const Ids = (description: string) =>
  Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 256 }), { maxItems: 100, description }));
const Numbers = Type.Array(Type.String({ pattern: '^[0-9]{1,15}$' }), { maxItems: 100 });

const PurgeBody = Type.Object(
  {
    runs: Ids('Only these runs.'),
    experiments: Type.Optional(Numbers),
    logged_models: Ids('Only these logged models.'),
    older_than: Type.String({ pattern: DURATION_PATTERN, default: '0s', description: 'Deleted for at least so long.' }),
    dry_run: Type.Boolean({ default: false }),
    force: Type.Boolean({ default: false, description: 'Also what registered model versions are made of.' }),
  },
  { additionalProperties: false },
);

const PurgeResponse = Type.Object({
  dry_run: Type.Boolean(),
  runs: Type.Array(Type.String()),
  experiments: Type.Array(Type.String()),
  logged_models: Type.Array(Type.String()),
  more: Type.Boolean({ description: 'There is more than one call takes: ask again.' }),
});

/** Here and not in track, which does not know what is registered. */
export function purgeRoutes(app: App, parts: Pick<Context, 'db' | 'jobs' | 'clock'>): void {
  app.post(
    '/api/v1/purges',
    {
      config: { scope: 'admin' },
      schema: {
        tags: ['runs'],
        operationId: 'purgeDeleted',
        summary:
          'Removes for good what was deleted: that which is named, or all. Rows go at once, files soon after; nothing can be restored.',
        body: PurgeBody,
        response: { 200: PurgeResponse },
      },
    },
    async ({ body, principal }) => {
      const { runs, experiments, logged_models, older_than, dry_run, force } = body;
      const isAll = runs === undefined && experiments === undefined && logged_models === undefined;
      const only = {
        runs: runs ?? [],
        experiments: (experiments ?? []).map(Number),
        models: logged_models ?? [],
      };
      const purged = await purge(parts, {
        only: isAll ? null : only,
        until: parts.clock.now() - (parseDuration(older_than) ?? 0),
        dryRun: dry_run,
        actor: principal.name,
        findUsers: async (trx, what) => (force ? [] : listVersionsMadeOf(trx, what)),
      });
      return {
        dry_run,
        runs: [...purged.runs],
        experiments: purged.experiments.map(String),
        logged_models: [...purged.models],
        more: purged.more,
      };
    },
  );
}

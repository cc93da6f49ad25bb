import type { Stage } from '../../context.ts';
import { chunkRoutes } from './chunk.routes.ts';
import { datasetRoutes } from './dataset.routes.ts';
import { declarationRoutes } from './declaration.routes.ts';
import { dataErrors } from './errors.ts';
import { dataMigrations } from './migrations/index.ts';
import { profileJob } from './profile-version.ts';

export const dataStage: Stage = {
  name: 'data',
  migrations: dataMigrations,
  errors: dataErrors.specs,
  routes(app, context) {
    chunkRoutes(app, context);
    datasetRoutes(app, context);
    declarationRoutes(app, context);
  },
  jobs: (context) => [profileJob(context)],
};

import fastifySwagger from '@fastify/swagger';
import type { FastifySchema } from 'fastify';
import { version } from '../../version.ts';
import type { App } from './create-http.ts';
import { Problem } from './problem.ts';

/** Collects the schemas of all routes that follow, and serves them as OpenAPI at /openapi.json. */
export async function describeApi(app: App): Promise<void> {
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Bucle',
        version,
        description:
          'The API of the control server. MLflow clients use /api/2.0/mlflow beside it, as MLflow documents it.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
      security: [{ bearer: [] }],
    },
    hideUntagged: true,
    transform: ({ schema, url }) => ({ schema: url.startsWith('/api/v1/') ? withProblem(schema) : schema, url }),
  });
  app.get('/openapi.json', { config: { scope: 'none' }, schema: { hide: true } }, async () => app.swagger());
}

/** Any other status is a problem: said in the document only, since errors have a serialiser of their own. */
function withProblem(schema: FastifySchema): FastifySchema {
  const problem = {
    description: 'What was refused, and why.',
    content: { 'application/problem+json': { schema: Problem } },
  };
  return { ...schema, response: { ...(schema?.response as object | undefined), default: problem } };
}

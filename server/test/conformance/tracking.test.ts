import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Mlflow, mlflowApp } from '../../src/loop/track/mlflow-http.fixture.ts';
import { databases } from '../databases.ts';
import type { Case } from './case.ts';
import { dialect } from './dialect.table.ts';
import { experiments } from './experiments.table.ts';
import { loggedModels } from './logged-models.table.ts';
import { logging } from './logging.table.ts';
import { runs } from './runs.table.ts';
import { createSubjects, fill, type Subjects } from './subjects.ts';

const tables = { experiments, runs, logging, loggedModels, dialect };

// One app for all cases of a database, in their order: a case may rest on the one before it.
describe.each(databases)("MLflow's tracking protocol on $name", (database) => {
  let app: Mlflow;
  let subjects: Subjects;
  beforeAll(async () => {
    app = await mlflowApp(database);
    subjects = await createSubjects(app);
  });
  afterAll(() => app[Symbol.asyncDispose]());

  describe.each(Object.entries(tables))('%s', (_name, cases) => {
    test.each(cases)('$rule', async (given) => {
      const { status = 200, code, message, answer } = fill(given, subjects);
      const found = await send(app.baseUrl, fill(given, subjects));
      expect([found.status, found.body['error_code'], found.body['message']]).toEqual([
        status,
        status === 200 ? undefined : (code ?? 'INVALID_PARAMETER_VALUE'),
        message ?? (status === 200 ? undefined : expect.any(String)),
      ]);
      if (answer !== undefined) expect(found.body).toMatchObject(answer);
    });
  });
});

async function send(baseUrl: string, { call, body, raw, query, type = 'application/json' }: Case) {
  const [method = '', path = ''] = call.split(' ');
  const url = new URL(path.startsWith('/') ? path : `/api/2.0/mlflow/${path}`, baseUrl);
  for (const [key, value] of Object.entries(query ?? {})) url.searchParams.append(key, value);
  const text = raw ?? (body === undefined ? undefined : JSON.stringify(body));
  const sent = method === 'GET' || (text === undefined && type === null) ? {} : withBody(method, text, type);
  const response = await fetch(url, { ...sent, method });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

/** As bytes: fetch says a type of its own for a text. */
function withBody(method: string, text: string | undefined, type: string | null): RequestInit {
  if (text === undefined && method === 'DELETE') return {};
  return { body: new TextEncoder().encode(text ?? ''), headers: type === null ? {} : { 'content-type': type } };
}

import type { Static } from 'typebox';
import type { App } from '../../platform/http/create-http.ts';
import { findDatasetDeclaration, formatDatasetRef, resolveVersion } from '../data/index.ts';
import type { DecideParts } from './decide/work.ts';
import {
  DecisionDetail,
  DecisionHeaders,
  DecisionPage,
  DecisionParams,
  DecisionQuery,
  NewDecision,
  ReplayResult,
  toDecisionDetail,
  toDecisionSummary,
} from './decision.schema.ts';
import { findDecision, listDecisions } from './decision.store.ts';
import type { DecisionQuestion, EvaluationColumns } from './decision.ts';
import { evaluateErrors } from './errors.ts';
import type { Gate } from './gate.schema.ts';
import { findGate } from './gate.store.ts';
import { defaultGate, toGate } from './gate.ts';
import { replayDecision } from './replay-decision.ts';
import { requestDecision } from './request-decision.ts';

const tags = ['decisions'];

export function decisionRoutes(app: App, parts: DecideParts): void {
  app.post(
    '/api/v1/decisions',
    {
      schema: {
        tags,
        operationId: 'requestDecision',
        summary:
          'Asks whether a candidate is better than the champion on a frozen dataset version. It is decided afterwards. ' +
          'The same Idempotency-Key with the same body answers the same decision.',
        headers: DecisionHeaders,
        body: NewDecision,
        response: { 202: DecisionDetail },
      },
    },
    async ({ body, headers, principal, id }, reply) => {
      const question = await toQuestion(parts, body);
      const key = headers['idempotency-key'] ?? null;
      const because = { actor: principal.name, cause: `request:${id}` };
      const decision = await requestDecision(parts, { ...question, key: key && `request:${key}`, ...because });
      return reply.code(202).send(toDecisionDetail(decision));
    },
  );
  app.get(
    '/api/v1/decisions',
    { schema: { tags, operationId: 'listDecisions', querystring: DecisionQuery, response: { 200: DecisionPage } } },
    async ({ query: { subject = null, before = null, limit } }) => {
      const decisions = await listDecisions(parts.db.read, { subject, before, limit });
      const next = decisions.length < limit ? null : (decisions.at(-1)?.id ?? null);
      return { decisions: decisions.map(toDecisionSummary), next };
    },
  );
  app.get(
    '/api/v1/decisions/:decision',
    { schema: { tags, operationId: 'getDecision', params: DecisionParams, response: { 200: DecisionDetail } } },
    async ({ params: { decision: id } }) => {
      const decision = await findDecision(parts.db.read, id);
      if (!decision) throw evaluateErrors.DECISION_NOT_FOUND({ decision: id });
      return toDecisionDetail(decision);
    },
  );
  replayRoute(app, parts);
}

function replayRoute(app: App, parts: DecideParts): void {
  let last: Promise<unknown> = Promise.resolve();
  app.post(
    '/api/v1/decisions/:decision/replay',
    {
      schema: {
        tags,
        operationId: 'replayDecision',
        summary:
          'Makes the decision again from its inputs, and says whether it comes to the very same. Changes nothing.',
        params: DecisionParams,
        response: { 200: ReplayResult },
      },
    },
    async ({ params: { decision: id } }, reply) => {
      const gone = new AbortController();
      reply.raw.once('close', () => gone.abort(new Error('Nobody waits for the replay any more.')));
      // One at a time: each may load two models.
      const turn = last.catch(() => {}).then(() => replayDecision(parts, id, gone.signal));
      last = turn;
      const { identical, verdict, headline, differences } = await turn;
      return { decision: id, identical, verdict: { ...verdict }, headline, differences: [...differences] };
    },
  );
}

/** References become exact ones: what is decided is about versions, not about what they are called now. */
async function toQuestion(parts: DecideParts, body: Static<typeof NewDecision>): Promise<DecisionQuestion> {
  const { candidate, champion = null, dataset, subject, prediction: meaning } = body;
  const version = await resolveVersion(parts, dataset);
  const ref = await parts.models.resolve(parts, candidate);
  return {
    subject: subject ?? ref.ref,
    candidate: ref.ref,
    champion: champion === null ? null : (await parts.models.resolve(parts, champion)).ref,
    dataset: formatDatasetRef(version),
    meaning,
    columns: await toColumns(parts, version.name, body),
    gate: await toRules(parts, body),
  };
}

async function toColumns(
  { db }: Pick<DecideParts, 'db'>,
  dataset: string,
  said: Static<typeof NewDecision>,
): Promise<EvaluationColumns> {
  const declared = await findDatasetDeclaration(db.read, dataset);
  const label = said.label ?? declared?.label ?? null;
  if (label === null) throw evaluateErrors.NO_LABEL({ dataset });
  const { event_time = declared?.eventTime ?? null, key = declared?.key ?? null } = said;
  return { label, eventTime: event_time, key };
}

async function toRules(
  { db }: Pick<DecideParts, 'db'>,
  { gate, prediction }: Static<typeof NewDecision>,
): Promise<Gate> {
  if (gate === undefined) return defaultGate(prediction);
  if (typeof gate !== 'string') return toGate(gate);
  const declared = await findGate(db.read, gate);
  if (!declared) throw evaluateErrors.GATE_NOT_FOUND({ gate });
  return declared.gate;
}

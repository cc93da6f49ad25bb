import { Type } from 'typebox';
import type { Context } from '../../context.ts';
import type { App } from '../../platform/http/create-http.ts';
import { backtestPolicy } from './backtest-policy.ts';
import { declarePolicy, removePolicy } from './declare-policy.ts';
import { retrainErrors } from './errors.ts';
import { explainPolicy } from './explain-policy.ts';
import { firePolicy } from './fire-policy.ts';
import { pausePolicy, requirePolicy, resumePolicy } from './pause-policy.ts';
import { PolicyDeclaration, readPolicy, toPolicyDeclaration } from './policy.schema.ts';
import { listPolicies, listPolicyVersions } from './policy.store.ts';
import {
  BacktestView,
  CheckView,
  FiringView,
  NameParams,
  PolicyView,
  toBacktestView,
  toCheckView,
  toFiringView,
  toPolicyView,
} from './policy.view.ts';

const tags = ['policies'];
const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) => Type.Union([type, Type.Null()]);
const Reason = Type.String({ minLength: 1, maxLength: 1_000 });

type Parts = Pick<Context, 'db' | 'clock' | 'jobs'>;

export function policyRoutes(app: App, context: Parts): void {
  readRoutes(app, context);
  declareRoutes(app, context);
  steerRoutes(app, context);
  explainRoutes(app, context);
}

const Versions = Type.Array(
  Type.Object({
    version: Type.Integer(),
    policy: Nullable(PolicyDeclaration),
    changed_at: Type.Integer(),
    changed_by: Type.String(),
    cause: Nullable(Type.String()),
  }),
);

function readRoutes(app: App, { db }: Parts): void {
  app.get(
    '/api/v1/policies',
    {
      schema: {
        tags,
        operationId: 'listPolicies',
        response: { 200: Type.Object({ policies: Type.Array(PolicyView) }) },
      },
    },
    async () => ({ policies: (await listPolicies(db.read)).map(toPolicyView) }),
  );
  app.get(
    '/api/v1/policies/:name',
    {
      schema: {
        tags,
        operationId: 'getPolicy',
        summary: 'The policy as it stands, and every version of it, newest first.',
        params: NameParams,
        response: { 200: Type.Object({ ...PolicyView.properties, versions: Versions }) },
      },
    },
    async ({ params: { name } }) => {
      const stored = await requirePolicy({ db }, name);
      const versions = (await listPolicyVersions(db.read, name, 100)).map((one) => ({
        ...{ version: one.version, policy: one.policy && toPolicyDeclaration(one.policy) },
        ...{ changed_at: one.changedAt, changed_by: one.changedBy, cause: one.cause },
      }));
      return { ...toPolicyView(stored), versions };
    },
  );
}

function declareRoutes(app: App, context: Parts): void {
  app.put(
    '/api/v1/policies/:name',
    {
      schema: {
        tags,
        operationId: 'declarePolicy',
        summary: 'Makes or changes a policy. Each change is a version of its own; the same again changes nothing.',
        params: NameParams,
        body: PolicyDeclaration,
        response: { 200: PolicyView },
      },
    },
    async ({ params: { name }, body, principal, id }) => {
      await declarePolicy(context, { name, declaration: body, actor: principal.name, cause: `request:${id}` });
      return toPolicyView(await requirePolicy(context, name));
    },
  );
  app.delete(
    '/api/v1/policies/:name',
    {
      schema: {
        tags,
        operationId: 'removePolicy',
        summary: 'Ends a policy; its versions, checks and firings stay on record.',
        params: NameParams,
        response: { 204: Type.Null() },
      },
    },
    async ({ params: { name }, principal, id }, reply) => {
      const removed = await removePolicy(context, { name, actor: principal.name, cause: `request:${id}` });
      if (!removed) throw retrainErrors.POLICY_NOT_FOUND({ name });
      return reply.code(204).send(null);
    },
  );
}

function steerRoutes(app: App, context: Parts): void {
  app.post(
    '/api/v1/policies/:name/fire',
    {
      schema: {
        tags,
        operationId: 'firePolicy',
        summary: 'Fires now, because a person wants it: neither cooldown, budget nor a pause keeps it from it.',
        params: NameParams,
        body: Type.Object({ reason: Type.Optional(Reason) }, { additionalProperties: false }),
        response: { 201: FiringView },
      },
    },
    async ({ params: { name }, body: { reason = null }, principal, id }, reply) => {
      const firing = await firePolicy(context, { name, reason, actor: principal.name, cause: `request:${id}` });
      return reply.code(201).send(toFiringView(firing));
    },
  );
  app.post(
    '/api/v1/policies/:name/pause',
    {
      schema: {
        tags,
        operationId: 'pausePolicy',
        summary: 'Stops a policy from firing by itself; what is under way goes on.',
        params: NameParams,
        body: Type.Object({ reason: Reason }, { additionalProperties: false }),
        response: { 200: PolicyView },
      },
    },
    async ({ params: { name }, body: { reason }, principal, id }) => {
      await pausePolicy(context, { name, reason, actor: principal.name, cause: `request:${id}` });
      return toPolicyView(await requirePolicy(context, name));
    },
  );
  app.post(
    '/api/v1/policies/:name/resume',
    {
      schema: {
        tags,
        operationId: 'resumePolicy',
        summary: 'Lets a paused policy fire again, and forgives the rejections so far.',
        params: NameParams,
        response: { 200: PolicyView },
      },
    },
    async ({ params: { name }, principal, id }) => {
      await resumePolicy(context, { name, actor: principal.name, cause: `request:${id}` });
      return toPolicyView(await requirePolicy(context, name));
    },
  );
}

const ExplainQuery = Type.Object({
  limit: Type.Integer({ minimum: 1, maximum: 1_000, default: 20 }),
  before: Type.Optional(Type.String({ maxLength: 100, description: 'Id of the oldest check of the page before.' })),
});

const Explanation = Type.Object({
  policy: PolicyView,
  now: Type.String(),
  lines: Type.Array(Type.Object({ text: Type.String(), check: CheckView, firing: Nullable(FiringView) })),
});

function explainRoutes(app: App, context: Parts): void {
  app.get(
    '/api/v1/policies/:name/explain',
    {
      schema: {
        tags,
        operationId: 'explainPolicy',
        summary: 'Every decision to fire or not to, with its reasons, oldest first.',
        params: NameParams,
        querystring: ExplainQuery,
        response: { 200: Explanation },
      },
    },
    async ({ params: { name }, query }) => {
      const { stored, now, lines } = await explainPolicy(context, name, query);
      const views = lines.map(({ text, check, firing }) => ({
        ...{ text, check: toCheckView(check), firing: firing && toFiringView(firing) },
      }));
      return { policy: toPolicyView(stored), now, lines: views };
    },
  );
  app.post(
    '/api/v1/policies/:name/backtest',
    {
      schema: {
        tags,
        operationId: 'backtestPolicy',
        summary: 'What a policy, the stored one or the one of the body, would have done over all that is recorded.',
        params: NameParams,
        body: Type.Object({ policy: Type.Optional(PolicyDeclaration) }, { additionalProperties: false }),
        response: { 200: BacktestView },
      },
    },
    async ({ params: { name }, body }) => {
      const given = body.policy === undefined ? null : readPolicy(name, body.policy);
      return toBacktestView(await backtestPolicy(context, given ?? (await requirePolicy(context, name)).policy));
    },
  );
}

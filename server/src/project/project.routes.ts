import { type Static, Type } from 'typebox';
import type { App } from '../platform/http/create-http.ts';
import { applyPlan } from './apply-plan.ts';
import type { KnownNames, Section } from './check-references.ts';
import { projectErrors } from './errors.ts';
import { exportProject } from './export-project.ts';
import type { Code, KindParts } from './kind.ts';
import { type Parsed, parseProject } from './parse-project.ts';
import { makePlan, type Observed, observe, type Plan } from './plan.ts';
import { formatProblem } from './problem.ts';
import {
  ApplyBody,
  ApplyResponse,
  ExportQuery,
  FileBody,
  PlanBody,
  PlanResponse,
  Problems,
  toPlanResponse,
} from './project.schema.ts';
import { ProjectFile, SCHEMA_PATH } from './project-file.schema.ts';

const tags = ['project'];
const Text = Type.Unsafe<string>({ type: 'string' });

export function projectRoutes(app: App, parts: KindParts): void {
  app.get(SCHEMA_PATH, { config: { scope: 'none' }, schema: { hide: true } }, (_request, reply) =>
    reply.type('application/schema+json').send(JSON.stringify(ProjectFile, null, 2)),
  );
  readRoutes(app, parts);
  app.post(
    '/api/v1/project/apply',
    {
      schema: {
        tags,
        operationId: 'applyProject',
        summary: 'Makes what is live what bucle.yaml says; again it changes nothing. Each thing is done or not done.',
        body: ApplyBody,
        response: { 200: ApplyResponse },
      },
    },
    async ({ body, principal, id }) => {
      const code = toCode(body);
      const plan = await planFor(parts, body, code);
      if (body.plan !== undefined && body.plan !== plan.id) throw projectErrors.CHANGED({ plan: body.plan });
      const because = { actor: principal.name, cause: `request:${id}` };
      const done = await applyPlan(parts, {
        plan,
        code,
        allowTrafficLoss: body.allow_traffic_loss ?? false,
        ...because,
      });
      return { plan: toPlanResponse(plan), done: [...done] };
    },
  );
}

function readRoutes(app: App, parts: KindParts): void {
  app.post(
    '/api/v1/project/validate',
    {
      config: { scope: 'read' },
      schema: {
        tags,
        operationId: 'validateProject',
        summary: 'Everything that is wrong in bucle.yaml, with its place and what to do.',
        body: FileBody,
        response: { 200: Problems },
      },
    },
    async ({ body }) => ({ problems: [...((await parse(body.text, await observe(parts))).problems ?? [])] }),
  );
  app.post(
    '/api/v1/project/plan',
    {
      config: { scope: 'read' },
      schema: {
        tags,
        operationId: 'planProject',
        summary: 'What apply would do, what others changed since the last one, and what it means for the traffic.',
        body: PlanBody,
        response: { 200: PlanResponse },
      },
    },
    async ({ body }) => toPlanResponse(await planFor(parts, body, toCode(body))),
  );
  app.get(
    '/api/v1/project/export',
    {
      schema: {
        tags,
        operationId: 'exportProject',
        summary: 'bucle.yaml of what is live; applying it changes nothing.',
        querystring: ExportQuery,
        response: { 200: Text },
      },
      serializerCompiler: () => (text) => text as string,
    },
    async ({ query }, reply) =>
      reply.type('application/yaml; charset=utf-8').send(await exportProject(parts, query.project ?? null)),
  );
}

/** @throws PROJECT_INVALID */
async function planFor(
  parts: KindParts,
  { text, file: name }: Static<typeof FileBody>,
  code: Code | null,
): Promise<Plan> {
  const observed = await observe(parts);
  const { file, problems } = await parse(text, observed);
  if (problems) {
    const lines = problems.map((problem) => formatProblem(name, problem));
    throw projectErrors.INVALID({ file: name, list: lines.join('\n'), problems: lines });
  }
  return makePlan(parts, { file, code, observed });
}

/** A file may name what is live, unless applying it takes that away. */
async function parse(text: string, observed: Observed): Promise<Parsed> {
  const first = parseProject(text, namesOf(observed, null));
  return first.file ? parseProject(text, namesOf(observed, first.file)) : first;
}

function namesOf({ live, owned }: Observed, file: ProjectFile | null): KnownNames {
  const names: Partial<Record<Section, readonly string[]>> = {};
  for (const [kind, objects] of live) {
    const going = owned.filter(
      ({ kind: noun, name, made, project }) =>
        noun === kind.noun && made && project === file?.project && file[kind.section]?.[name] === undefined,
    );
    names[kind.section] = [...objects.keys()].filter((name) => !going.some((one) => one.name === name));
  }
  return names;
}

function toCode({ code }: Static<typeof PlanBody>): Code | null {
  return code ? { snapshot: code.snapshot, git: code.git ?? null } : null;
}

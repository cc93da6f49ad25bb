import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { DURATION_PATTERN, formatDuration, parseDuration } from '../../platform/duration.ts';
import { retrainErrors } from './errors.ts';
import { NAME_PATTERN, type Policy, type PolicyData, type RolloutChoice, type Trigger } from './policy.ts';
import { cronProblem } from './schedule.ts';

const strict = { additionalProperties: false } as const;
const Name = Type.String({ pattern: NAME_PATTERN });
const Duration = (description: string) =>
  Type.String({ pattern: DURATION_PATTERN, description: `${description} Like 28d or 12h.` });

const one = <T extends Parameters<typeof Type.Object>[0]>(properties: T) => Type.Object(properties, strict);

export const PolicyTrigger = Type.Union([
  one({
    schedule: Type.String({ minLength: 1, maxLength: 100, description: 'Cron with five fields, UTC, on event time.' }),
  }),
  one({ drift: Type.Union([Type.Literal('data'), Type.Literal('prediction')]) }),
  one({ quality: Type.Literal('drop') }),
  one({ labels: Type.Integer({ minimum: 1, description: 'New matured labelled rows.' }) }),
  one({ dataset: Type.Literal('pushed') }),
  one({ webhook: Type.Literal(true) }),
]);

const FromCaptures = Type.Object(
  {
    from: Type.Literal('captures'),
    dataset: Name,
    window: Type.Optional(
      Type.Union([Type.Literal('expanding'), Duration('Event time before the holdout.')], {
        description: 'expanding (default), or a duration.',
      }),
    ),
    holdout: Duration('The newest matured block, kept out for the gate.'),
    minimum_rows: Type.Optional(
      Type.Integer({ minimum: 1, description: 'Captured labelled rows to train on; default 500.' }),
    ),
  },
  strict,
);

const FromDataset = Type.Object(
  {
    from: Type.Literal('dataset'),
    dataset: Name,
    holdout_dataset: Type.Optional(Name),
  },
  strict,
);

const Rollout = Type.Object(
  {
    steps: Type.Array(Type.Number({ exclusiveMinimum: 0, maximum: 100 }), { minItems: 1, maxItems: 20 }),
    min_seconds: Type.Optional(Type.Number({ minimum: 0 })),
    min_requests: Type.Optional(Type.Integer({ minimum: 0 })),
    max_seconds: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
  },
  strict,
);

/** What bucle.yaml says of one policy; its name is the key there. */
export const policyProperties = {
  endpoint: Name,
  model: Type.Optional(Type.String({ minLength: 1, maxLength: 250 })),
  job: Type.String({ minLength: 1, maxLength: 100, description: 'Name of a declared job.' }),
  input: Type.String({ minLength: 1, maxLength: 64, description: 'Its input that gets the training data.' }),
  triggers: Type.Array(PolicyTrigger, { maxItems: 20 }),
  data: Type.Union([FromCaptures, FromDataset]),
  cooldown: Type.Optional(Duration('Event time after a firing in which nothing fires by itself; default 0s.')),
  budget: Type.Optional(
    Type.Object(
      {
        firings_per_year: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000 })),
        rejections_in_a_row: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
      },
      strict,
    ),
  ),
  gate: Type.Optional(Name),
  rollout: Type.Optional(Rollout),
};

export const PolicyDeclaration = Type.Object(policyProperties, strict);
export type PolicyDeclaration = Static<typeof PolicyDeclaration>;

const FIRINGS_PER_YEAR = 12;
const REJECTIONS_IN_A_ROW = 3;
const MINIMUM_ROWS = 500;

const compiled = Compile(PolicyDeclaration);

/** The policy that a declaration stands for. @throws RETRAIN_INVALID_POLICY */
export function readPolicy(name: string, declaration: unknown): Policy {
  if (!new RegExp(NAME_PATTERN).test(name)) throw invalid(name, 'a name has letters, digits, ".", "_" and "-"');
  if (!compiled.Check(declaration)) {
    const [error] = compiled.Errors(declaration);
    throw invalid(name, `${error?.instancePath || 'the declaration'} ${error?.message ?? 'is not valid'}`);
  }
  const { endpoint, model = null, job, input, gate = null, cooldown = '0s', budget = {} } = declaration;
  const policy: Policy = {
    ...{ name, endpoint, model, job, input, gate },
    triggers: declaration.triggers.map(toTrigger),
    data: toData(name, declaration.data),
    cooldownMs: duration(name, 'cooldown', cooldown),
    budget: {
      firingsPerYear: budget.firings_per_year ?? FIRINGS_PER_YEAR,
      rejectionsInARow: budget.rejections_in_a_row ?? REJECTIONS_IN_A_ROW,
    },
    rollout: declaration.rollout === undefined ? null : toRollout(name, declaration.rollout),
  };
  for (const trigger of policy.triggers) checkTrigger(name, trigger);
  return policy;
}

/** The declaration that stands for a policy: {@link readPolicy} of it is the same policy. */
export function toPolicyDeclaration(policy: Policy): PolicyDeclaration {
  const { endpoint, model, job, input, triggers, data, cooldownMs, budget, gate, rollout } = policy;
  return {
    endpoint,
    ...(model === null ? {} : { model }),
    ...{ job, input },
    triggers: triggers.map(fromTrigger),
    data: fromData(data),
    cooldown: formatDuration(cooldownMs),
    budget: { firings_per_year: budget.firingsPerYear, rejections_in_a_row: budget.rejectionsInARow },
    ...(gate === null ? {} : { gate }),
    ...(rollout === null ? {} : { rollout: fromRollout(rollout) }),
  };
}

function toTrigger(given: Static<typeof PolicyTrigger>): Trigger {
  if ('schedule' in given) return { kind: 'schedule', cron: given.schedule };
  if ('drift' in given) return { kind: 'drift', signal: given.drift };
  if ('quality' in given) return { kind: 'quality' };
  if ('labels' in given) return { kind: 'labels', rows: given.labels };
  return 'dataset' in given ? { kind: 'dataset' } : { kind: 'webhook' };
}

function fromTrigger(trigger: Trigger): Static<typeof PolicyTrigger> {
  switch (trigger.kind) {
    case 'schedule':
      return { schedule: trigger.cron };
    case 'drift':
      return { drift: trigger.signal };
    case 'quality':
      return { quality: 'drop' };
    case 'labels':
      return { labels: trigger.rows };
    case 'dataset':
      return { dataset: 'pushed' };
    case 'webhook':
      return { webhook: true };
  }
}

function checkTrigger(name: string, trigger: Trigger): void {
  if (trigger.kind !== 'schedule') return;
  const problem = cronProblem(trigger.cron);
  if (problem !== null) throw invalid(name, `/triggers: the schedule ${JSON.stringify(trigger.cron)} ${problem}`);
}

function toData(name: string, data: PolicyDeclaration['data']): PolicyData {
  if (data.from === 'dataset') {
    return { from: 'dataset', dataset: data.dataset, holdout: data.holdout_dataset ?? `${data.dataset}-holdout` };
  }
  const { dataset, window = 'expanding', holdout, minimum_rows: minimumRows = MINIMUM_ROWS } = data;
  const holdoutMs = duration(name, 'data/holdout', holdout);
  if (holdoutMs === 0) throw invalid(name, '/data/holdout must be longer than nothing: the gate judges on those rows');
  const windowMs = window === 'expanding' ? window : duration(name, 'data/window', window);
  if (windowMs === 0) throw invalid(name, '/data/window must be longer than nothing');
  return { from: 'captures', dataset, window: windowMs, holdoutMs, minimumRows };
}

function fromData(data: PolicyData): PolicyDeclaration['data'] {
  if (data.from === 'dataset') return { from: 'dataset', dataset: data.dataset, holdout_dataset: data.holdout };
  const { dataset, window, holdoutMs, minimumRows } = data;
  return {
    ...{ from: 'captures', dataset, window: window === 'expanding' ? window : formatDuration(window) },
    ...{ holdout: formatDuration(holdoutMs), minimum_rows: minimumRows },
  };
}

function toRollout(name: string, rollout: Static<typeof Rollout>): RolloutChoice {
  const { steps, min_seconds, min_requests, max_seconds } = rollout;
  if (steps.some((step, index) => step <= (steps[index - 1] ?? 0))) {
    throw invalid(name, '/rollout/steps must rise, like [10, 50, 100]');
  }
  return { steps, minSeconds: min_seconds ?? null, minRequests: min_requests ?? null, maxSeconds: max_seconds ?? null };
}

function fromRollout({ steps, minSeconds, minRequests, maxSeconds }: RolloutChoice): Static<typeof Rollout> {
  return {
    steps: [...steps],
    ...(minSeconds === null ? {} : { min_seconds: minSeconds }),
    ...(minRequests === null ? {} : { min_requests: minRequests }),
    ...(maxSeconds === null ? {} : { max_seconds: maxSeconds }),
  };
}

function duration(name: string, where: string, text: string): number {
  const ms = parseDuration(text);
  if (ms === null) throw invalid(name, `/${where} ${JSON.stringify(text)} is no duration; write 28d, 12h or 1h 30m`);
  return ms;
}

function invalid(name: string, problem: string) {
  return retrainErrors.INVALID_POLICY({ name, problem });
}

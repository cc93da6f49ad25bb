import {
  declareMonitor,
  defaultMonitor,
  listMonitors,
  type MonitorDeclaration,
  removeMonitor,
} from '../../loop/monitor/index.ts';
import { formatDuration, parseDuration } from '../../platform/duration.ts';
import {
  type Effect,
  type Json,
  type Kind,
  type KindParts,
  noEffect,
  type Spec,
  type Step,
  withoutDefaults,
} from '../kind.ts';
import type { ProjectFile } from '../project-file.schema.ts';

type MonitorSpec = NonNullable<ProjectFile['monitors']>[string];

export const monitorKind: Kind = {
  section: 'monitors',
  noun: 'monitor',
  subject: (name) => `monitor:${name}`,
  events: ['monitor.declared', 'monitor.removed'],
  async list(db) {
    return (await listMonitors(db)).map((monitor) => ({ name: monitor.endpoint, spec: toSpec(monitor) }));
  },
  desired: ({ monitors = {} }) =>
    Object.entries(monitors).map(([name, monitor]) => ({ name, spec: toSpec(toDeclaration(monitor)) })),
  declare: (parts, { name, spec, actor, cause }) =>
    declareMonitor(parts, { endpoint: name, declaration: toDeclaration(toYaml(spec) as MonitorSpec), actor, cause }),
  remove: (parts, { name, actor, cause }) => removeMonitor(parts, { endpoint: name, actor, cause }),
  toYaml,
  effect,
};

function toDeclaration(given: MonitorSpec): MonitorDeclaration {
  const d = defaultMonitor;
  const ms = (text: string | undefined, otherwise: number) =>
    text === undefined ? otherwise : (parseDuration(text) ?? otherwise);
  const { budget, labels, quality, features } = given;
  return {
    windowMs: ms(given.window, d.windowMs),
    latenessMs: ms(given.lateness, d.latenessMs),
    budget: { falseAlarmsPerYear: budget?.false_alarms_per_year ?? d.budget.falseAlarmsPerYear },
    minRows: given.minimum_rows ?? d.minRows,
    features: features ?? null,
    floor: given.floor ?? d.floor,
    reference: { dataset: given.reference ?? null, windows: given.reference_windows ?? null },
    labels: {
      maturityMs: ms(labels?.mature_after, d.labels.maturityMs),
      coverage: labels?.coverage ?? d.labels.coverage,
    },
    quality: quality ? { metric: quality.metric, tolerance: quality.tolerance } : null,
  };
}

function toSpec(declaration: MonitorDeclaration): Spec {
  const { windowMs, latenessMs, budget, minRows, features, floor, reference, labels, quality } = declaration;
  return {
    window: formatDuration(windowMs),
    lateness: formatDuration(latenessMs),
    reference: reference.dataset,
    reference_windows: reference.windows,
    features,
    minimum_rows: minRows,
    floor,
    budget: { false_alarms_per_year: budget.falseAlarmsPerYear },
    labels: { mature_after: formatDuration(labels.maturityMs), coverage: labels.coverage },
    quality: quality && { metric: quality.metric, tolerance: quality.tolerance },
  };
}

function toYaml(spec: Spec): Record<string, Json> {
  const { window, ...more } = spec;
  return { window: window ?? null, ...withoutDefaults(more, toSpec(defaultMonitor)) };
}

const BASIS = ['window', 'features', 'reference', 'reference_windows'] as const;

async function effect(_parts: KindParts, { action, from, to }: Step): Promise<Effect> {
  if (action === 'remove')
    return { notes: ['its windows and what they counted go; captures and labels stay'], refused: null };
  const anew = action === 'change' && BASIS.some((name) => JSON.stringify(from?.[name]) !== JSON.stringify(to?.[name]));
  return anew
    ? { notes: ['its windows are counted anew, from the captures that are still there'], refused: null }
    : noEffect;
}

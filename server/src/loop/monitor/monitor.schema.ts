import { type Static, Type } from 'typebox';
import type { MonitorProgress } from './monitor.store.ts';
import { defaultMonitor, type Monitor, type MonitorDeclaration, monitorRef, windowsPerYear } from './monitor.ts';

const strict = { additionalProperties: false } as const;
export const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) =>
  Type.Union([type, Type.Null()]);

const HOUR = 3_600_000;
const YEAR = 366 * 24 * HOUR;

export const EndpointParams = Type.Object({ name: Type.String({ minLength: 1, maxLength: 100 }) });
export const Moment = Type.Integer({ description: 'Milliseconds since the epoch.' });

/** What is left out is as by default. */
export const MonitorBody = Type.Object(
  {
    window_ms: Type.Optional(Type.Integer({ minimum: 60_000, maximum: YEAR, description: 'Length of a window.' })),
    lateness_ms: Type.Optional(
      Type.Integer({ minimum: 0, maximum: YEAR, description: 'So long after its end a window waits.' }),
    ),
    budget: Type.Optional(
      Type.Object({ false_alarms_per_year: Type.Number({ exclusiveMinimum: 0, maximum: 1_000 }) }, strict),
    ),
    minimum_rows: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000_000 })),
    features: Type.Optional(
      Nullable(Type.Array(Type.String({ minLength: 1, maxLength: 500 }), { maxItems: 2_000, uniqueItems: true })),
    ),
    floor: Type.Optional(
      Type.Number({ minimum: 0, maximum: 1, description: 'Least Jensen–Shannon distance (base 2) of an alarm.' }),
    ),
    reference: Type.Optional(
      Type.Object(
        {
          dataset: Type.Optional(Nullable(Type.String({ minLength: 1, maxLength: 100 }))),
          windows: Type.Optional(Nullable(Type.Integer({ minimum: 8, maximum: 1_000 }))),
        },
        strict,
      ),
    ),
    labels: Type.Optional(
      Type.Object(
        {
          maturity_ms: Type.Optional(Type.Integer({ minimum: 0, maximum: 10 * YEAR })),
          coverage: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
        },
        strict,
      ),
    ),
    quality: Type.Optional(
      Nullable(
        Type.Object(
          { metric: Type.String({ minLength: 1, maxLength: 50 }), tolerance: Type.Number({ minimum: 0 }) },
          strict,
        ),
      ),
    ),
  },
  strict,
);
export type MonitorBody = Static<typeof MonitorBody>;

export function toDeclaration(body: MonitorBody): MonitorDeclaration {
  const { reference, labels, budget, ...d } = defaultMonitor;
  return {
    windowMs: body.window_ms ?? d.windowMs,
    latenessMs: body.lateness_ms ?? d.latenessMs,
    budget: { falseAlarmsPerYear: body.budget?.false_alarms_per_year ?? budget.falseAlarmsPerYear },
    minRows: body.minimum_rows ?? d.minRows,
    features: body.features === undefined ? d.features : body.features,
    floor: body.floor ?? d.floor,
    reference: {
      dataset: body.reference?.dataset ?? reference.dataset,
      windows: body.reference?.windows ?? reference.windows,
    },
    labels: {
      maturityMs: body.labels?.maturity_ms ?? labels.maturityMs,
      coverage: body.labels?.coverage ?? labels.coverage,
    },
    quality: body.quality ?? null,
  };
}

export const MonitorView = Type.Object({
  ref: Type.String({ description: '`monitor:flights`' }),
  endpoint: Type.String(),
  revision: Type.Integer(),
  window_ms: Type.Integer(),
  lateness_ms: Type.Integer(),
  budget: Type.Object({ false_alarms_per_year: Type.Number() }),
  minimum_rows: Type.Integer(),
  features: Nullable(Type.Array(Type.String())),
  floor: Type.Number(),
  reference: Type.Object({ dataset: Nullable(Type.String()), windows: Nullable(Type.Integer()) }),
  labels: Type.Object({ maturity_ms: Type.Integer(), coverage: Type.Number() }),
  quality: Nullable(Type.Object({ metric: Type.String(), tolerance: Type.Number() })),
  windows_per_year: Type.Number(),
  changed_at: Moment,
  changed_by: Type.String(),
  progress: Type.Object({
    watermark: Nullable(Type.Integer({ description: 'Event time; newest plausible one that was counted.' })),
    closed_until: Nullable(Type.Integer({ description: 'Event time; end of the newest closed window.' })),
    late: Type.Integer({ description: 'Rows that came after their window was closed.' }),
    implausible: Type.Integer({ description: 'Rows whose event time is over a day after their receipt.' }),
    problem: Nullable(Type.String()),
  }),
});

const noProgress: MonitorProgress = { watermark: null, closed_until: null, implausible: 0, late: 0, problem: null };

export function toMonitorView(monitor: Monitor, progress: MonitorProgress = noProgress): Static<typeof MonitorView> {
  const { endpoint, revision, labels, reference, budget, quality } = monitor;
  return {
    ref: monitorRef(endpoint),
    ...{ endpoint, revision, window_ms: monitor.windowMs, lateness_ms: monitor.latenessMs },
    budget: { false_alarms_per_year: budget.falseAlarmsPerYear },
    minimum_rows: monitor.minRows,
    features: monitor.features && [...monitor.features],
    floor: monitor.floor,
    reference: { dataset: reference.dataset, windows: reference.windows },
    labels: { maturity_ms: labels.maturityMs, coverage: labels.coverage },
    quality,
    windows_per_year: windowsPerYear(monitor),
    changed_at: monitor.changedAt,
    changed_by: monitor.changedBy,
    progress,
  };
}

export const MonitorQuery = Type.Object(
  {
    after: Type.Optional(Type.String({ maxLength: 100 })),
    limit: Type.Integer({ minimum: 1, maximum: 1000, default: 100 }),
  },
  strict,
);
export const MonitorPage = Type.Object({ monitors: Type.Array(MonitorView), next: Nullable(Type.String()) });

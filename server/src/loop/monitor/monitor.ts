/** Every row of this server belongs to one workspace; there is one for now. */
export const WORKSPACE = 'default';

const DAY = 86_400_000;

/** How an endpoint is watched. All durations are milliseconds of event time. */
export interface MonitorDeclaration {
  readonly windowMs: number;
  /** So long after its end a window waits for predictions that come late. */
  readonly latenessMs: number;
  /** Each signal may raise so many false alarms in a year of event time. */
  readonly budget: { readonly falseAlarmsPerYear: number };
  /** A window with fewer rows is not judged. */
  readonly minRows: number;
  /** Null: the columns of the model's signature. */
  readonly features: readonly string[] | null;
  /** Jensen–Shannon distance (base 2) below which a significant change is called small, and raises no alarm. */
  readonly floor: number;
  readonly reference: {
    /** Dataset on which the stable version was trained, by its event time; null: the endpoint's own first windows. */
    readonly dataset: string | null;
    /** Of its newest windows at most so many; null: all. */
    readonly windows: number | null;
  };
  readonly labels: {
    /** Age at which the labels of a window count as complete. */
    readonly maturityMs: number;
    /** Share of labelled predictions from which quality may raise an alarm. */
    readonly coverage: number;
  };
  /** What raises the quality alarm; null: quality is shown only. */
  readonly quality: { readonly metric: string; readonly tolerance: number } | null;
}

export interface Monitor extends MonitorDeclaration {
  readonly endpoint: string;
  /** Another one when windows had to begin anew: after removal, or with other windows or features. */
  readonly id: string;
  /** 1, 2, … with each change. */
  readonly revision: number;
  /** Milliseconds since the epoch, the server's clock. */
  readonly changedAt: number;
  readonly changedBy: string;
}

export const defaultMonitor: MonitorDeclaration = {
  windowMs: 7 * DAY,
  latenessMs: DAY,
  budget: { falseAlarmsPerYear: 1 },
  minRows: 100,
  features: null,
  floor: 0.05,
  reference: { dataset: null, windows: null },
  labels: { maturityMs: 7 * DAY, coverage: 0.5 },
  quality: null,
};

/** Fewer windows say too little about how much windows differ when nothing changes. */
export const MIN_REFERENCE_WINDOWS = 8;

/** `monitor:flights` */
export function monitorRef(endpoint: string): string {
  return `monitor:${endpoint}`;
}

export function windowsPerYear({ windowMs }: Pick<MonitorDeclaration, 'windowMs'>): number {
  return (365.25 * DAY) / windowMs;
}

export function declarationOf(declaration: MonitorDeclaration): MonitorDeclaration {
  const { windowMs, latenessMs, budget, minRows, features, floor, reference, labels, quality } = declaration;
  return {
    ...{ windowMs, latenessMs, minRows, features, floor },
    budget: { falseAlarmsPerYear: budget.falseAlarmsPerYear },
    reference: { dataset: reference.dataset, windows: reference.windows },
    labels: { maturityMs: labels.maturityMs, coverage: labels.coverage },
    quality: quality && { metric: quality.metric, tolerance: quality.tolerance },
  };
}

export function isSameDeclaration(a: MonitorDeclaration, b: MonitorDeclaration): boolean {
  return JSON.stringify(declarationOf(a)) === JSON.stringify(declarationOf(b));
}

/** What of it decides how predictions are counted: with a change of that all windows are counted anew. */
export function isSameBasis(a: MonitorDeclaration, b: MonitorDeclaration): boolean {
  const basis = ({ windowMs, features, reference }: MonitorDeclaration) =>
    JSON.stringify([windowMs, features, reference.dataset, reference.windows]);
  return basis(a) === basis(b);
}

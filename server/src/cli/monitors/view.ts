import type { Io } from '../command.ts';

/** A monitor, as the API shows it. */
export interface MonitorView {
  readonly ref: string;
  readonly endpoint: string;
  readonly revision: number;
  readonly window_ms: number;
  readonly lateness_ms: number;
  readonly budget: { readonly false_alarms_per_year: number };
  readonly minimum_rows: number;
  readonly features: readonly string[] | null;
  readonly floor: number;
  readonly reference: { readonly dataset: string | null; readonly windows: number | null };
  readonly labels: { readonly maturity_ms: number; readonly coverage: number };
  readonly quality: { readonly metric: string; readonly tolerance: number } | null;
  readonly changed_by: string;
  readonly progress: {
    readonly watermark: number | null;
    readonly closed_until: number | null;
    readonly late: number;
    readonly implausible: number;
    readonly problem: string | null;
  };
}

/** `2001-03-05 00:00`, UTC. */
export function formatDay(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString().slice(0, 16).replace('T', ' ');
}

const UNITS: readonly (readonly [string, number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
];

/** `7d`, `1d 12h` */
export function formatSpan(milliseconds: number): string {
  let rest = milliseconds;
  const words = UNITS.flatMap(([unit, size]) => {
    const count = Math.floor(rest / size);
    rest -= count * size;
    return count > 0 ? [`${count}${unit}`] : [];
  });
  return words.join(' ') || '0s';
}

export function printMonitor(io: Io, monitor: MonitorView): void {
  const { progress, reference, quality, labels } = monitor;
  const lines: readonly (readonly [string, string | null])[] = [
    ['monitor', `${monitor.ref}, revision ${monitor.revision} by ${monitor.changed_by}`],
    ['windows', `${formatSpan(monitor.window_ms)}, closed ${formatSpan(monitor.lateness_ms)} after their end`],
    ['budget', `${monitor.budget.false_alarms_per_year} false alarms a year, over all signals`],
    ['judged from', `${monitor.minimum_rows} rows and a Jensen–Shannon distance of ${monitor.floor}`],
    ['features', monitor.features === null ? 'those that the model takes' : monitor.features.join(', ')],
    ['reference', reference.dataset === null ? 'its own first 8 windows' : `the dataset ${reference.dataset}`],
    ['labels', `mature after ${formatSpan(labels.maturity_ms)}`],
    ['quality', quality && `${quality.metric}, no more than ${quality.tolerance} worse`],
    ['seen up to', formatDay(progress.watermark)],
    ['closed up to', formatDay(progress.closed_until)],
    ['late rows', progress.late === 0 ? null : String(progress.late)],
    ['odd times', progress.implausible === 0 ? null : `${progress.implausible} rows over a day ahead of their receipt`],
    ['problem', progress.problem],
  ];
  for (const [name, text] of lines) if (text !== null) io.print(`${name.padEnd(13)}${text}`);
}

import { type Field, invalidValue } from '../mlflow-protocol/index.ts';

/** Milliseconds since the epoch as protobuf's JSON has them: `2026-01-01T00:00:00.120Z`, or without a fraction. */
export function toTimestamp(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('.000Z', 'Z');
}

/** Milliseconds as protobuf's JSON has a duration: `1.250s`, or `2s`. */
export function toDurationJson(milliseconds: number): string {
  const rest = Math.abs(milliseconds) % 1_000;
  const seconds = `${milliseconds < 0 ? '-' : ''}${Math.floor(Math.abs(milliseconds) / 1_000)}`;
  return rest === 0 ? `${seconds}s` : `${seconds}.${String(rest).padStart(3, '0')}s`;
}

/** Reads a timestamp as milliseconds since the epoch; what is finer is cut off. */
export function timestamp(): Field<number | undefined> {
  return {
    aliases: [],
    read(value, { path }) {
      if (value == null) return undefined;
      const milliseconds = typeof value === 'string' && ISO.test(value) ? Date.parse(cut(value)) : Number.NaN;
      if (Number.isNaN(milliseconds)) throw invalidValue(value, path);
      return milliseconds;
    },
  };
}

/** Reads a duration as whole milliseconds. */
export function duration(): Field<number | undefined> {
  return {
    aliases: [],
    read(value, { path }) {
      if (value == null) return undefined;
      const [, sign, seconds, fraction = ''] = (typeof value === 'string' && DURATION.exec(value)) || [];
      if (seconds === undefined) throw invalidValue(value, path);
      const milliseconds = Number(seconds) * 1_000 + Number(`${fraction}000`.slice(0, 3));
      return sign === '-' ? -milliseconds : milliseconds;
    },
  };
}

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;
const DURATION = /^(-?)(\d{1,12})(?:\.(\d{1,9}))?s$/;

function cut(iso: string): string {
  return iso.replace(/(\.\d{3})\d+/, '$1');
}

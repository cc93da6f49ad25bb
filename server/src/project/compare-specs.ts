import type { Json, Spec } from './kind.ts';

export interface FieldChange {
  /** `budget.false_alarms_per_year` */
  readonly field: string;
  /** As bucle.yaml writes it; null: nothing is said. */
  readonly from: string | null;
  readonly to: string | null;
}

/** Which fields differ, in the order of the first that has them. */
export function compareSpecs(from: Spec | null, to: Spec | null): FieldChange[] {
  const [before, after] = [flatten(from ?? {}), flatten(to ?? {})];
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((field) => before.get(field) !== after.get(field))
    .map((field) => ({ field, from: before.get(field) ?? null, to: after.get(field) ?? null }));
}

/** Lists are one value: what moves within them is seen best as a whole. */
function flatten(spec: Spec): Map<string, string> {
  const fields = new Map<string, string>();
  const walk = (path: string, value: Json) => {
    if (value === null) return;
    if (typeof value === 'object' && !Array.isArray(value)) {
      for (const [name, member] of Object.entries(value)) walk(path === '' ? name : `${path}.${name}`, member);
    } else {
      fields.set(path, inline(value));
    }
  };
  walk('', spec);
  return fields;
}

/** One value on one line, as YAML reads it. */
function inline(value: Json): string {
  if (Array.isArray(value)) return `[${value.map((one: Json) => inline(one)).join(', ')}]`;
  if (value !== null && typeof value === 'object') {
    const members = Object.entries(value).map(([name, member]) => `${name}: ${inline(member)}`);
    return `{ ${members.join(', ')} }`;
  }
  if (typeof value !== 'string') return String(value);
  return /^[A-Za-z_][\w./@-]*$|^\d+(d|h|m|s|ms)( \d+(h|m|s|ms))*$/.test(value) ? value : JSON.stringify(value);
}

/**
 * A response as protobuf's JSON has it: what is unset (undefined, null, the empty list) is left out, NaN is the
 * text "NaN"; numbers stay numbers. An empty text or object that was set stays.
 */
export function toResponseJson(response: object): string {
  return JSON.stringify(response, prune);
}

function prune(_key: string, value: unknown): unknown {
  if (value instanceof Kept) return value.value;
  if (value === null) return undefined;
  if (typeof value === 'number') return Number.isNaN(value) ? 'NaN' : value;
  return Array.isArray(value) && value.length === 0 ? undefined : value;
}

/** A null or an empty list that stays in an answer, for it is a value of a user. */
export class Kept {
  readonly value: null | readonly [];

  constructor(value: null | readonly []) {
    this.value = value;
  }
}

import type { ColumnType } from './signature.ts';
import { isList, isRecord, numberWord, type Value } from './values.ts';

/**
 * The value as the type wants it, or `undefined` when it can't be that. Conversions are those of MLflow's server,
 * except that nothing is cut off: it would make 1.5 the whole number 1, and any text the boolean true.
 */
export function conformCell(type: ColumnType, value: Value): Value | undefined {
  switch (type) {
    case 'double':
    case 'float':
      return toNumber(value);
    case 'long':
      return toWhole(value, 2n ** 63n);
    case 'integer':
      return toWhole(value, 2n ** 31n);
    case 'boolean':
      return value === null || typeof value === 'boolean' ? value : undefined;
    case 'string':
    case 'binary':
    case 'datetime':
      return value === null || typeof value === 'string' ? value : missingNumber(value);
    case 'array':
      return value === null || isList(value) ? value : undefined;
    case 'object':
    case 'map':
      return value === null || isRecord(value) ? value : undefined;
    case 'any':
      return value;
  }
}

const NUMERIC = /^\s*[+-]?(\d+(?:\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*$/;
const WHOLE = /^\s*[+-]?\d{1,19}\s*$/;

function toNumber(value: Value): Value | undefined {
  if (typeof value === 'number' || value === null) return value;
  if (typeof value === 'boolean' || typeof value === 'bigint') return Number(value);
  if (typeof value !== 'string') return undefined;
  return NUMERIC.test(value) ? Number(value) : numberWord(value);
}

function toWhole(value: Value, bound: bigint): Value | undefined {
  if (typeof value === 'boolean') return Number(value);
  if (typeof value === 'number') {
    return Number.isInteger(value) && Math.abs(value) <= Number(bound) ? value : undefined;
  }
  const whole = typeof value === 'bigint' ? value : parseWhole(value);
  if (whole === undefined || whole >= bound || whole < -bound) return undefined;
  return Number.isSafeInteger(Number(whole)) ? Number(whole) : whole;
}

function parseWhole(value: Value): bigint | undefined {
  return typeof value === 'string' && WHOLE.test(value) ? BigInt(value.trim()) : undefined;
}

// pandas reads an absent text as NaN.
function missingNumber(value: Value): null | undefined {
  return typeof value === 'number' && Number.isNaN(value) ? null : undefined;
}

import { invalidParameter } from '../mlflow-protocol/index.ts';
import { checkKeyName, MAX_KEY, truncate } from '../names.ts';
import type { Pair } from '../workspace.ts';
import { MAX_TRACE_TAG_VALUE } from './trace.ts';
import { dumpValue, type ValueMap } from './value.ts';

/** What the server itself says about a trace; `archive…` is what MLflow's own server would. */
const FIXED = ['mlflow.trace.spansLocation', 'mlflow.trace.archiveLocation', 'mlflow.trace.archivalFailure'];

/** @throws INVALID_PARAMETER_VALUE for a key that may not be, or that is not the client's to set */
export function checkTraceTag(key: string, value: string): Pair {
  refuseFixed(key, 'set');
  checkKeyName(key, 'key');
  return { key, value: truncate(value, MAX_TRACE_TAG_VALUE) };
}

/** @throws INVALID_PARAMETER_VALUE */
export function checkTagRemoval(key: string): void {
  if (key !== 'mlflow.trace.archivalFailure') refuseFixed(key, 'deleted');
}

export function isTraceTagKey(key: string): boolean {
  try {
    checkKeyName(key, 'key');
    return key.length <= MAX_KEY;
  } catch {
    return false;
  }
}

/** What a program says about itself in OpenTelemetry's resource, without what its SDK says about itself. */
export function resourceTags(resource: ValueMap): Pair[] {
  return [...resource].flatMap(([key, value]) => {
    if (/^(telemetry\.sdk|mlflow)\./.test(key) || !isTraceTagKey(key)) return [];
    const text = typeof value === 'string' ? value : dumpValue(value);
    return [{ key, value: truncate(text.replaceAll('\0', '\ufffd'), MAX_TRACE_TAG_VALUE) }];
  });
}

function refuseFixed(key: string, change: string): void {
  if (FIXED.includes(key)) throw invalidParameter(`Tag '${key}' is immutable and cannot be ${change} on a trace.`);
}

import { posix } from 'node:path';
import { invalidParameter } from './mlflow-protocol/index.ts';

const KEY = /^[/\p{L}\p{N}\p{M}_.\- :]*$/u;
export const MAX_KEY = 250;
export const MAX_PARAM_VALUE = 6_000;
export const MAX_RUN_TAG_VALUE = 8_000;
export const MAX_EXPERIMENT_TAG_VALUE = 5_000;
const MAX_EXPERIMENT_NAME = 500;
const MAX_LOCATION = 2_048;

/** Keys of metrics, params and tags: they may become file names. @throws INVALID_PARAMETER_VALUE */
export function checkKeyName(key: string, parameter: string): void {
  if (!KEY.test(key)) {
    throw invalidParameter(
      `Invalid value "${key.slice(0, 300)}" for parameter '${parameter}' supplied: Names may only contain alphanumerics, ` +
        'underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/).',
    );
  }
  if (key.split('/').some((part) => part === '' || part === '.' || part === '..')) {
    throw invalidParameter(
      `Invalid value "${key.slice(0, 300)}" for parameter '${parameter}' supplied: Names may be treated as files in ` +
        'certain cases, and must not resolve to other names when treated as such. ' +
        `This name would resolve to '${posix.normalize(key)}'`,
    );
  }
  checkLength(key, parameter, MAX_KEY);
}

/** Characters, as Python counts them. @throws INVALID_PARAMETER_VALUE */
export function checkLength(value: string, parameter: string, most: number): void {
  if (value.length > most && [...value].length > most) {
    throw invalidParameter(`'${parameter}' exceeds the maximum length of ${most} characters`);
  }
}

/** @throws INVALID_PARAMETER_VALUE */
export function checkExperimentName(name: string, parameter: string): string {
  if (name.trim() === '') throw invalidParameter(`Invalid experiment name: '${name}'. The name must not be blank.`);
  checkLength(name, parameter, MAX_EXPERIMENT_NAME);
  return name;
}

/**
 * Where an experiment keeps its artifacts. Only `mlflow-artifacts:` is ever read by this server; elsewhere clients
 * write by themselves. @throws INVALID_PARAMETER_VALUE
 */
export function checkArtifactLocation(location: string | undefined): string | undefined {
  if (location === undefined || location === '') return undefined;
  checkLength(location, 'artifact_location', MAX_LOCATION);
  if (/[#;]/.test(location)) throw invalidParameter("'artifact_location' URL can't include fragments or params.");
  if (location.startsWith('runs:')) throw invalidParameter("'artifact_location' can't be of the scheme 'runs'.");
  const [path = '', query = ''] = location.split('?', 2);
  if (unquoteFully(query).includes('..')) throw invalidParameter('Invalid query string');
  if (/(^|[/\\])\.\.([/\\]|$)/.test(unquoteFully(path))) {
    throw invalidParameter("'artifact_location' must not contain '..' as a part of its path.");
  }
  return location.replace(/\/+$/, '') || location;
}

/** What is left when nothing can be decoded any more; text that is not encoded well stays. */
export function unquoteFully(text: string): string {
  let current = text;
  for (let round = 0; round < 10; round += 1) {
    const next = unquote(current);
    if (next === current) break;
    current = next;
  }
  return current;
}

function unquote(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Cuts silently, as MLflow does with long values by default; never in the middle of a character. */
export function truncate(value: string, most: number): string {
  if (value.length <= most) return value;
  return [...value].slice(0, most).join('');
}

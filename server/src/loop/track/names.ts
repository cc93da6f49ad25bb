import { resolve } from 'node:path';
import { invalidParameter, pythonJson } from './mlflow-protocol/index.ts';

/** Letters and digits as Python has them: combining marks are neither. */
const KEY = /^[/\p{L}\p{N}_.\- :]*$/u;
export const MAX_KEY = 250;
export const MAX_PARAM_VALUE = 6_000;
export const MAX_RUN_TAG_VALUE = 8_000;
export const MAX_EXPERIMENT_TAG_VALUE = 20_000;
const MAX_EXPERIMENT_NAME = 500;
const MAX_LOCATION = 2_048;

/** Keys of metrics, params and tags: they may become file names. @throws INVALID_PARAMETER_VALUE */
export function checkKeyName(key: string, parameter: string, nameWhenLong = parameter): void {
  if (!KEY.test(key)) {
    throw invalidParameter(
      `Invalid value ${pythonJson(key)} for parameter '${parameter}' supplied: Names may only contain alphanumerics, ` +
        'underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/).',
    );
  }
  const normal = normalPath(key);
  if (normal !== key || normal === '.' || normal.startsWith('..') || normal.startsWith('/')) {
    throw invalidParameter(
      `Invalid value ${pythonJson(key)} for parameter '${parameter}' supplied: Names may be treated as files in ` +
        'certain cases, and must not resolve to other names when treated as such. ' +
        `This name would resolve to '${normal.slice(0, 300)}'`,
    );
  }
  checkLength(key, nameWhenLong, MAX_KEY);
}

/** As Python normalises paths: no slash at the end, exactly two at the start stay. */
function normalPath(path: string): string {
  const root = /^\/\/(?!\/)/.test(path) ? '//' : path.startsWith('/') ? '/' : '';
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..' || parts.at(-1) === '..' || (parts.length === 0 && root === '')) parts.push(part);
    else parts.pop();
  }
  return root + parts.join('/') || '.';
}

/** Characters, as Python counts them. @throws INVALID_PARAMETER_VALUE */
export function checkLength(value: string, parameter: string, most: number): void {
  if (value.length > most && [...value].length > most) {
    throw invalidParameter(`'${parameter}' exceeds the maximum length of ${most} characters`);
  }
}

/** @throws INVALID_PARAMETER_VALUE */
export function checkExperimentName(name: string): string {
  checkLength(name, 'name', MAX_EXPERIMENT_NAME);
  return name;
}

/** These name a host of their own, and nothing here is ever read from or written to a host that a client names. */
const FOREIGN_HOST = /^(https?|s?ftp|hdfs|viewfs|abfss|r2|b2):|^mlflow-artifacts:\/\/[^/]/i;

/**
 * Where an experiment keeps its artifacts; a relative path is one of this server's working folder. Only
 * `mlflow-artifacts:` and what lies below the server's own root are ever read by this server; elsewhere clients write by
 * themselves. @throws INVALID_PARAMETER_VALUE
 */
export function checkArtifactLocation(location: string | undefined): string | undefined {
  if (location === undefined || location === '') return undefined;
  const scheme = /^([a-z][a-z\d+.-]*):/i.exec(location)?.[1]?.toLowerCase() ?? '';
  if (location.includes('#') || (scheme === '' && location.includes(';'))) {
    throw invalidParameter("'artifact_location' URL can't include fragments or params.");
  }
  const [path = '', query = ''] = location.split('?', 2);
  if (unquoteFully(query).includes('..')) throw invalidParameter('Invalid query string');
  if (FOREIGN_HOST.test(location)) {
    throw invalidParameter(
      `'artifact_location' cannot use the '${scheme}' scheme: it addresses a host other than this server's artifact ` +
        'storage. Leave the location out, or name a folder, a bucket or mlflow-artifacts:/PATH.',
    );
  }
  if (location.startsWith('runs:')) {
    throw invalidParameter(`Artifact location cannot be a runs:/ URI. Given: '${location.slice(0, 300)}'`);
  }
  if (/(^|[/\\:])\.\.([/\\]|$)/.test(unquoteFully(path))) {
    throw invalidParameter("'artifact_location' must not contain '..' as a part of its path.");
  }
  const absolute = scheme === '' && !location.startsWith('/') ? resolve(location) : location;
  if ([...absolute].length <= MAX_LOCATION) return absolute;
  throw invalidParameter(
    `Invalid artifact path length. The length of the artifact path cannot be greater than ${MAX_LOCATION} characters.`,
  );
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

import {
  checkKeyName,
  checkLength,
  integer,
  invalidParameter,
  list,
  message,
  missing,
  required,
  text,
} from '../track/index.ts';
import { aliasProblem, canonicalStage, modelNameProblem, type Stage, stages, type Tags } from './model.ts';

/** Fields that several operations of MLflow's registry read. */
export const name = required(text());
export const version = required(text());
export const tags = list(message({ key: text(), value: text() }));
export const paging = { filter: text(), max_results: integer(), order_by: list(text()), page_token: text() };

/** Where MLflow's clients keep the text of a prompt. */
const PROMPT_TEXT_TAG = 'mlflow.prompt.text';
const MAX_VALUE = 100_000;

/** @throws INVALID_PARAMETER_VALUE */
export function checkName(given: string): string {
  const problem = modelNameProblem(given);
  if (problem !== null) throw invalidParameter(problem);
  return given;
}

/** @throws INVALID_PARAMETER_VALUE */
export function checkAlias(given: string): string {
  const problem = aliasProblem(given);
  if (problem !== null) throw invalidParameter(problem);
  return given;
}

/** @throws INVALID_PARAMETER_VALUE */
export function checkStage(given: string): Stage {
  const stage = canonicalStage(given);
  if (stage !== null) return stage;
  throw invalidParameter(`Invalid Model Version stage: ${given}. Value must be one of ${stages.join(', ')}.`);
}

/** Versions are decimal numbers in text. @throws INVALID_PARAMETER_VALUE */
export function checkVersion(given: string): number {
  if (/^\s*\d{1,15}\s*$/.test(given)) return Number(given);
  throw invalidParameter(`Parameter 'version' must be an integer, got '${given.slice(0, 100)}'.`);
}

/** The last one of a key wins. @throws INVALID_PARAMETER_VALUE */
export function checkTags(given: readonly { key: string | undefined; value: string | undefined }[]): Tags {
  return Object.fromEntries(
    given.map(({ key, value }, i) => {
      if (key === undefined || key === '') throw missing(`tags[${i}].key`);
      return checkTag(key, value);
    }),
  );
}

/** @throws INVALID_PARAMETER_VALUE */
export function checkTag(key: string, value = ''): readonly [string, string] {
  checkKeyName(key, 'key');
  if (key === PROMPT_TEXT_TAG && value.length > MAX_VALUE) {
    throw invalidParameter(`Prompt text exceeds max length of ${MAX_VALUE} characters.`);
  }
  checkLength(value, 'value', MAX_VALUE);
  return [key, value];
}

import { checkKeyName, checkLength, integer, invalidParameter, list, message, required, text } from '../track/index.ts';
import {
  aliasFormProblem,
  aliasProblem,
  canonicalStage,
  modelNameProblem,
  type Stage,
  stages,
  type Tags,
} from './model.ts';

/** Fields that several operations of MLflow's registry read. */
export const name = required(text());
export const version = required(text());
export const tags = list(message({ key: text(), value: text() }));
export const paging = { filter: text(), max_results: integer(), order_by: list(text()), page_token: text() };

/** Where MLflow's clients keep the text of a prompt. */
const PROMPT_TEXT_TAG = 'mlflow.prompt.text';
const MAX_VALUE = 100_000;

/** @throws INVALID_PARAMETER_VALUE */
export function checkName(given: string, parameter?: string): string {
  const problem = modelNameProblem(given, parameter);
  if (problem !== null) throw invalidParameter(problem);
  return given;
}

/** What may be looked for, though it may not be set. @throws INVALID_PARAMETER_VALUE */
export function checkAliasForm(given: string): string {
  const problem = aliasFormProblem(given);
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
  if (/^\s*[+-]?\d{1,15}\s*$/.test(given)) return Number(given);
  throw invalidParameter(`Parameter 'version' must be an integer, got '${given.slice(0, 100)}'.`);
}

/** Where a tag is: only versions are prompts with a text. */
export type TagOwner = 'model' | 'version';

type GivenTags = readonly { readonly key: string | undefined; readonly value: string | undefined }[];

/** As they are; the last one of a key wins. */
export function tagsOf(given: GivenTags): Tags {
  return Object.fromEntries(given.map(({ key = '', value = '' }) => [key, value]));
}

/** The last one of a key wins. @throws INVALID_PARAMETER_VALUE */
export function checkTags(given: GivenTags, of: TagOwner): Tags {
  return Object.fromEntries(given.map(({ key = '', value }) => checkTag(key, value, of)));
}

/** @throws INVALID_PARAMETER_VALUE */
export function checkTag(key: string, value: string | undefined, of: TagOwner): readonly [string, string] {
  checkKeyName(key, 'key');
  const text = value ?? '';
  if (of === 'version' && key === PROMPT_TEXT_TAG && text.length > MAX_VALUE) {
    throw invalidParameter(`Prompt text exceeds max length of ${MAX_VALUE} characters.`);
  }
  checkLength(text, 'value', MAX_VALUE);
  return [key, text];
}

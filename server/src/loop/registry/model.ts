/** Every row of this server belongs to one workspace; there is one for now. */
export const WORKSPACE = 'default';

export const stages = ['None', 'Staging', 'Production', 'Archived'] as const;
/** What MLflow calls a version's stage: a label that clients set, and that moves no traffic. */
export type Stage = (typeof stages)[number];

/** Tag by which MLflow tells prompts, which it keeps in the registry too, from models. */
export const PROMPT_TAG = 'mlflow.prompt.is_prompt';

export type Tags = Readonly<Record<string, string>>;

export interface RegisteredModel {
  readonly name: string;
  readonly description: string | null;
  /** Milliseconds since the epoch, the server's clock. */
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly tags: Tags;
  /** Alias → number of the version. */
  readonly aliases: Readonly<Record<string, number>>;
}

export interface VersionKey {
  readonly name: string;
  readonly number: number;
}

export interface ModelVersion extends VersionKey {
  /** What the client named: `models:/m-…`, `mlflow-artifacts:/…`, … */
  readonly source: string;
  /** Where the files lie. */
  readonly location: string;
  /** `m-…`; `null` when its files belong to no logged model. */
  readonly modelId: string | null;
  readonly run: string | null;
  readonly runLink: string | null;
  readonly description: string | null;
  readonly stage: Stage;
  readonly createdAt: number;
  readonly createdBy: string;
  readonly updatedAt: number;
  readonly tags: Tags;
  readonly aliases: readonly string[];
}

/** How events, lineage and the CLI call it. */
export function versionRef({ name, number }: VersionKey): string {
  return `version:${name}/${number}`;
}

export function modelRef(name: string): string {
  return `model:${name}`;
}

/** The stage in MLflow's own spelling; `null` when there is no such stage. */
export function canonicalStage(text: string): Stage | null {
  return stages.find((stage) => stage.toLowerCase() === text.toLowerCase()) ?? null;
}

export const MAX_NAME = 256;
export const MAX_ALIAS = 255;

/** Why this is no name of a registered model; `null` when it is one. In MLflow's words, which clients look for. */
export function modelNameProblem(name: string, parameter = 'name'): string | null {
  if (name.trim() === '') return `Missing value for required parameter '${parameter}'.`;
  if (/[/:]/.test(name)) return `Invalid model name '${name.slice(0, 300)}'. Names cannot contain '/' or ':'.`;
  if (name.length > MAX_NAME) return `'name' exceeds the maximum length of ${MAX_NAME} characters`;
  if (name === '.' || name === '..') {
    return (
      `Invalid value "${name}" for parameter 'name' supplied: Names may be treated as files in certain cases, and ` +
      `must not resolve to other names when treated as such. This name would resolve to '${name}'`
    );
  }
  return hasControls(name) ? `Invalid model name '${name}'.` : null;
}

/** Why nothing can have this alias; `null` when something could. */
export function aliasFormProblem(alias: string): string | null {
  if (alias === '') return 'Registered model alias name cannot be empty.';
  if (!/^[\p{L}\p{N}\p{M}_-]+$/u.test(alias)) {
    return `Invalid alias name: '${alias.slice(0, 300)}'. Names may only contain alphanumerics, underscores (_), and dashes (-).`;
  }
  if (alias.length > MAX_ALIAS) {
    return `'Registered model alias name' exceeds the maximum length of ${MAX_ALIAS} characters`;
  }
  return null;
}

/** Why this alias cannot be set; `null` when it can. */
export function aliasProblem(alias: string): string | null {
  const problem = aliasFormProblem(alias);
  if (problem !== null) return problem;
  if (alias.toLowerCase() === 'latest') return "'latest' alias name (case insensitive) is reserved.";
  return /^v\d+$/i.test(alias) ? `Version alias name '${alias}' is reserved.` : null;
}

/** True when MLflow treats what has these tags as a prompt. */
export function isPrompt(tags: Tags): boolean {
  return tags[PROMPT_TAG]?.toLowerCase() === 'true';
}

export type VersionReference =
  | { readonly name: string; readonly number: number }
  | { readonly name: string; readonly alias: string }
  | { readonly name: string; readonly latest: true };

/** `flights/3`, `version:flights/3`, `flights@champion`, `flights/latest`, `flights@latest`; `null`: none of these. */
export function parseVersionReference(text: string): VersionReference | null {
  const found = /^(?:version:|models:\/)?(?:([^/:]+)\/([^/:]+)|([^/:]+)@([^/:@]+))$/.exec(text);
  if (!found) return null;
  const [, slashName, after = '', atName, alias = ''] = found;
  const name = slashName ?? atName ?? '';
  if (modelNameProblem(name) !== null) return null;
  if ((slashName === undefined ? alias : after).toLowerCase() === 'latest') return { name, latest: true };
  if (slashName === undefined) return aliasProblem(alias) === null ? { name, alias } : null;
  return /^[1-9]\d{0,8}$/.test(after) ? { name, number: Number(after) } : null;
}

function hasControls(text: string): boolean {
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (code < 32 || code === 127) return true;
  }
  return false;
}

import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { type SettingName, settings } from '../platform/config/settings.ts';
import { type Option, UsageError } from './command.ts';

type Environment = Readonly<Record<string, string | undefined>>;
type Said = Readonly<Record<string, string | boolean | string[] | undefined>>;

const opposite: Readonly<Record<string, string>> = { true: 'false', false: 'true' };
const FALSE_WORDS = ['0', 'false', 'f', 'no', 'n', 'off'];

/** The settings that the flags of a command give, and where no flag nor variable of ours does, those of MLflow. */
export function optionSettings(
  options: Readonly<Record<string, Option>>,
  said: Said,
  env: Environment,
): Partial<Record<SettingName, string>> {
  const given: Partial<Record<SettingName, string>> = {};
  for (const [flag, option] of Object.entries(options)) {
    const { setting, says = 'true' } = option;
    if (setting === undefined) continue;
    const value = said[flag];
    const text = typeof value === 'string' ? value : value === true ? says : (given[setting] ?? ofMlflow(env, option));
    if (text !== undefined) given[setting] = text;
  }
  return { ...given, ...keysOfBucket(given, env) };
}

function ofMlflow(env: Environment, { setting, mlflow, type, says = 'true' }: Option): string | undefined {
  if (setting === undefined || mlflow === undefined || env[settings[setting].env]) return undefined;
  const text = env[mlflow] || undefined;
  if (text === undefined || type === 'string') return text;
  return FALSE_WORDS.includes(text.toLowerCase()) ? opposite[says] : says;
}

/** A bucket that was named as MLflow names it has its keys where MLflow looks for them. */
function keysOfBucket(given: Partial<Record<SettingName, string>>, env: Environment) {
  const destination = given.artifactsDestination ?? env[settings.artifactsDestination.env];
  if (destination === undefined || !/^s3:/i.test(destination)) return {};
  const of = (setting: SettingName, ...names: readonly string[]) =>
    [settings[setting].env, ...names].map((name) => env[name]).find((value) => value !== undefined && value !== '');
  const found: Partial<Record<SettingName, string | undefined>> = {
    s3AccessKeyId: of('s3AccessKeyId', 'AWS_ACCESS_KEY_ID'),
    s3SecretAccessKey: of('s3SecretAccessKey', 'AWS_SECRET_ACCESS_KEY'),
    s3Region: of('s3Region', 'AWS_REGION', 'AWS_DEFAULT_REGION') ?? 'us-east-1',
    s3Endpoint: of('s3Endpoint', 'MLFLOW_S3_ENDPOINT_URL', 'AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL'),
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}

/** The environment with what the file of `--env-file` adds; what is set already wins. @throws UsageError */
export function withEnvFile(env: Environment, file: unknown): Environment {
  if (typeof file !== 'string') return env;
  try {
    return { ...parseEnv(readFileSync(file, 'utf8')), ...env };
  } catch (error) {
    throw new UsageError(`--env-file ${file} cannot be read: ${(error as Error).message}`);
  }
}

/** A value that begins with a dash belongs to its flag where the option says so. */
export function joinDashes(words: readonly string[], options: Readonly<Record<string, Option>>): string[] {
  const joined: string[] = [];
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    const next = words[index + 1];
    const takes = word.startsWith('--') && options[word.slice(2)]?.dashes === true && next !== undefined;
    joined.push(takes ? `${word}=${next}` : word);
    if (takes) index += 1;
  }
  return joined;
}

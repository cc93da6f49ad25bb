import { Ajv, type ErrorObject } from 'ajv';
import { orList, type Problem } from './problem.ts';
import { ProjectFile } from './project-file.schema.ts';
import { pointerTo, type ReadYaml } from './read-yaml.ts';
import { suggestDuration, suggestWord } from './suggest.ts';

interface Schema {
  readonly title?: string;
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly pattern?: string;
}

type Words = Omit<Problem, 'line' | 'column'>;

const { $schema: _draft, ...schema } = ProjectFile as typeof ProjectFile & { $schema: string };
const validate = new Ajv({ allErrors: true, strict: false, verbose: true }).compile<ProjectFile>(schema);

/** What the schema of the project file finds, with places. */
export function checkShape({ value, at, valueAt }: ReadYaml): readonly Problem[] {
  if (validate(value)) return [];
  return (validate.errors ?? []).map((error) => {
    const { instancePath: path, keyword, params } = error;
    if (keyword === 'additionalProperties') {
      const key = String(params['additionalProperty']);
      return { ...at(pointerTo(path, key)), ...unknownKey(key, error) };
    }
    const place = keyword === 'required' || isCount(keyword) ? at(path) : valueAt(path);
    return { ...place, ...explain(error) };
  });
}

function explain(error: ErrorObject): Words {
  const { keyword, params, data } = error;
  const parent = error.parentSchema as Schema;
  const name = nameOf(error.instancePath);
  const expected = parent.title ?? 'something else';
  if (keyword === 'required') return missingKey(String(params['missingProperty']), name, parent);
  if (keyword === 'type') {
    const wanted = expected === 'something else' ? String(params['type']) : expected;
    return { what: `${name} is ${describe(data)}`, expected: wanted, suggestion: suggestType(data, parent) };
  }
  if (keyword === 'enum') {
    const allowed = (params['allowedValues'] as string[]).map(String);
    return { what: `${name} is ${describe(data)}`, expected: orList(allowed), suggestion: suggestEnum(data, allowed) };
  }
  if (isCount(keyword)) return wrongCount(error, name, expected);
  if (keyword === 'uniqueItems') {
    const place = Number(params['j']) + 1;
    return {
      what: `entry ${place} of ${name} is there already`,
      expected: 'each once',
      suggestion: 'remove one of them',
    };
  }
  const suggestion = isDuration(parent) ? suggestDuration(data) : suggestValue(error, expected);
  return { what: `${name} is ${describe(data)}`, expected, suggestion };
}

function unknownKey(key: string, { instancePath, parentSchema }: ErrorObject): Words {
  const known = Object.keys((parentSchema as Schema).properties ?? {});
  const inside = instancePath === '' ? 'a project' : nameOf(instancePath);
  if (known.length === 0) {
    const valid = key.replaceAll(/[^A-Za-z0-9._-]+/g, '-').replace(/^[^A-Za-z0-9]+|-+$/g, '');
    return {
      what: `${JSON.stringify(key)} can't be a name in ${inside}`,
      expected: 'letters, digits, "-", "_" and ".", at most 100',
      suggestion: valid === '' ? 'choose another name' : `write ${valid.slice(0, 100)}`,
    };
  }
  return {
    what: `${inside} has no key ${JSON.stringify(key)}`,
    expected: orList(known),
    suggestion: suggestWord(key, known, 'remove it'),
  };
}

function missingKey(key: string, name: string, parent: Schema): Words {
  const { title } = parent.properties?.[key] ?? {};
  return {
    what: `${name === 'it' ? 'the file' : name} has no \`${key}\``,
    expected: title === undefined ? `the key ${key}` : `\`${key}\`: ${title}`,
    suggestion: `add \`${key}: …\``,
  };
}

function isCount(keyword: string): boolean {
  return ['minProperties', 'maxProperties', 'minItems', 'maxItems'].includes(keyword);
}

function wrongCount({ keyword, data }: ErrorObject, name: string, expected: string): Words {
  const many = keyword.startsWith('max');
  const keys = Array.isArray(data) ? [] : Object.keys(data as object);
  const what = `${name} ${many ? `has ${keys.length > 0 ? orList(keys).replace(' or ', ' and ') : 'too many entries'}` : 'is empty'}`;
  const split = keys.length > 0 ? 'keep one of them; each further one gets an entry of its own' : 'leave some out';
  return { what, expected, suggestion: many ? split : 'add what is missing, or remove the key' };
}

function suggestType(data: unknown, parent: Schema): string {
  if (isDuration(parent)) return suggestDuration(data);
  const { type } = parent;
  if (data === null) return 'write a value behind the colon, or remove the key';
  if (type === 'array' && typeof data === 'string') return `write [${data.split(/[\s,]+/).join(', ')}]`;
  if (type === 'array') return 'write [a, b], or one `- entry` on each line';
  if (type === 'string' && typeof data !== 'object') return `write "${String(data)}" in quotes`;
  const number = typeof data === 'string' ? numberIn(data) : Number.NaN;
  if ((type === 'number' || type === 'integer') && Number.isFinite(number))
    return `write ${number} without quotes or signs`;
  if (type === 'integer' && typeof data === 'number') return `write ${Math.round(data)}`;
  if (type === 'object') return 'write `key: value` lines, indented below it';
  return type === 'string' ? 'write one word or text' : 'write a number';
}

/** `30%` → 0.3, `1,000` → 1000 */
function numberIn(text: string): number {
  const number = text.trim() === '' ? Number.NaN : Number(text.replace(/[%_,\s]/g, ''));
  return text.includes('%') ? number / 100 : number;
}

function suggestEnum(data: unknown, allowed: readonly string[]): string {
  return suggestWord(typeof data === 'string' ? data : '', allowed, `write ${orList(allowed)}`);
}

function suggestValue({ keyword, params, data, parentSchema }: ErrorObject, expected: string): string {
  const limit = params['limit'];
  if (keyword === 'minimum' || keyword === 'maximum') {
    const positive = typeof data === 'number' && data < 0 && keyword === 'minimum' ? -data : Number(limit);
    const { type } = parentSchema as Schema;
    return `write ${type === 'integer' ? Math.max(1, Math.round(positive)) : positive}, or remove the key`;
  }
  if (keyword === 'exclusiveMinimum') return 'write a larger number, or remove the key for the default';
  if (keyword === 'pattern' && typeof data === 'string') {
    const valid = data
      .trim()
      .replaceAll(/[^A-Za-z0-9._@-]+/g, '-')
      .replace(/^-+|-+$/g, '');
    return valid === '' ? 'choose another name' : `did you mean ${JSON.stringify(valid)}?`;
  }
  return `write ${expected}`;
}

function isDuration({ title = '' }: Schema): boolean {
  return title.includes('a duration');
}

/** The last name of a JSON pointer, as people say it. */
function nameOf(pointer: string): string {
  const parts = pointer.split('/').slice(1);
  const last = parts.at(-1)?.replaceAll('~1', '/').replaceAll('~0', '~');
  if (last === undefined) return 'it';
  return /^\d+$/.test(last) && parts.length > 1 ? `entry ${Number(last) + 1} of ${parts.at(-2)}` : last;
}

function describe(data: unknown): string {
  if (data === null || data === undefined) return 'empty';
  if (Array.isArray(data)) return 'a list';
  if (typeof data === 'object') return 'a mapping';
  if (typeof data === 'string') return `the text ${JSON.stringify(data.slice(0, 60))}`;
  return String(data);
}

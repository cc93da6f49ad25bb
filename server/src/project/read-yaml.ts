import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseAllDocuments,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import type { Problem } from './problem.ts';
import { toProblem, UNCLOSED } from './yaml-problem.ts';

/** Bytes of a project file: it names things, and holds no data. */
export const MAX_FILE_BYTES = 256 * 1024;
/** Values after aliases are followed, so that a few lines can't grow into gigabytes. */
const MAX_VALUES = 20_000;
const MAX_DEPTH = 32;

export type Place = Pick<Problem, 'line' | 'column'>;

export interface ReadYaml {
  readonly value: unknown;
  /** Where the value of a JSON pointer is; of a mapping's member, where its key is. */
  readonly at: (pointer: string) => Place;
  /** Where the value itself begins, also of a member. */
  readonly valueAt: (pointer: string) => Place;
}

/** YAML 1.2 → a plain value and the place of each part of it, or what is wrong with it. */
export function readYaml(given: string): ReadYaml | readonly Problem[] {
  const bytes = Buffer.byteLength(given);
  if (bytes > MAX_FILE_BYTES) return [tooLarge(bytes)];
  const text = given.replace(/^\uFEFF/, '');
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, {
    lineCounter: lines,
    prettyErrors: false,
    stringKeys: true,
    merge: false,
  });
  const [first, second] = Array.isArray(documents) ? documents : [];
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  if (!first?.contents || (isScalar(first.contents) && first.contents.value === null)) return [empty()];
  const broken = documents.flatMap((document) => [...document.errors, ...document.warnings]);
  if (broken.length > 0) return firstOfEachLine(broken.map((error) => toProblem(error, text, place)));
  if (second) return [several(place(second.range[0]))];
  const reader = createReader(first, place);
  const value = reader.read(first.contents, '', 0);
  if (reader.problems.length > 0) return reader.problems;
  const at = (pointer: string) => place(reader.keys.get(pointer) ?? reader.values.get(pointer) ?? 0);
  return { value, at, valueAt: (pointer) => place(reader.values.get(pointer) ?? 0) };
}

/** A member's name in a JSON pointer. */
export function pointerTo(parent: string, ...names: readonly (string | number)[]): string {
  return names.reduce<string>(
    (path, name) => `${path}/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`,
    parent,
  );
}

function createReader(document: Document.Parsed, place: (offset: number) => Place) {
  const keys = new Map<string, number>();
  const values = new Map<string, number>();
  const problems: Problem[] = [];
  let count = 0;
  /** The alias of the file itself that is followed at the moment: others lie in what it stands for. */
  let alias: number | null = null;

  function read(node: Node | null, pointer: string, depth: number): unknown {
    count += 1;
    if (problems.length > 0) return null;
    if (count > MAX_VALUES || depth > MAX_DEPTH) {
      problems.push(tooDeep(place(alias ?? node?.range?.[0] ?? 0), count > MAX_VALUES));
      return null;
    }
    if (isAlias(node)) return readAlias(node, pointer, depth);
    values.set(pointer, node?.range?.[0] ?? keys.get(pointer) ?? 0);
    if (isMap(node)) return readMap(node, pointer, depth);
    if (isSeq(node)) return readList(node, pointer, depth);
    return isScalar(node) ? node.value : null;
  }

  function readAlias(given: Alias, pointer: string, depth: number): unknown {
    const node = given.resolve(document);
    if (!node) {
      problems.push(noAnchor(given.source, place(given.range?.[0] ?? 0)));
      return null;
    }
    const outer = alias;
    alias ??= given.range?.[0] ?? null;
    const value = read(node, pointer, depth + 1);
    alias = outer;
    return value;
  }

  function readMap(node: YAMLMap, pointer: string, depth: number): Record<string, unknown> {
    // No prototype: a key may be called __proto__.
    const object = Object.create(null) as Record<string, unknown>;
    for (const { key, value } of node.items as readonly Pair<Node, Node | null>[]) {
      const name = isScalar(key) ? String(key.value) : '';
      const member = pointerTo(pointer, name);
      keys.set(member, key.range?.[0] ?? 0);
      object[name] = read(value, member, depth + 1);
    }
    return object;
  }

  function readList(node: YAMLSeq, pointer: string, depth: number): unknown[] {
    return node.items.map((item, index) => read(item as Node | null, pointerTo(pointer, index), depth + 1));
  }

  return { read, keys, values, problems };
}

/** The rest of a line that could not be read says nothing of its own. */
function firstOfEachLine(given: readonly Problem[]): Problem[] {
  const open = given.findIndex(({ what }) => what === UNCLOSED);
  const problems = open < 0 ? given : given.slice(0, open + 1);
  return problems.filter(({ line }, index) => problems.findIndex((one) => one.line === line) === index);
}

function noAnchor(name: string, place: Place): Problem {
  return {
    ...place,
    what: `the alias *${name} has no anchor`,
    expected: `\`&${name}\` at a value above it`,
    suggestion: 'write the value out',
  };
}

function tooLarge(bytes: number): Problem {
  return {
    ...{ line: 1, column: 1, what: `the file has ${bytes.toLocaleString('en-US')} bytes` },
    expected: `at most ${MAX_FILE_BYTES.toLocaleString('en-US')}`,
    suggestion: 'keep data and code in files of their own',
  };
}

function empty(): Problem {
  return {
    ...{ line: 1, column: 1, what: 'the file is empty' },
    expected: 'at least the name of the project',
    suggestion: 'write `project: NAME`, or let `bucle export` write the file',
  };
}

function several(place: Place): Problem {
  return {
    ...place,
    what: 'a second document begins here',
    expected: 'one document in a file',
    suggestion: 'remove the line `---`, or make two files',
  };
}

function tooDeep(place: Place, many: boolean): Problem {
  return {
    ...place,
    what: many ? 'the aliases (`*name`) stand for more than 20,000 values' : 'the values lie in one another too deeply',
    expected: many ? 'a file that says each thing once' : `at most ${MAX_DEPTH} levels`,
    suggestion: 'write the values out, without `&name` and `*name`',
  };
}

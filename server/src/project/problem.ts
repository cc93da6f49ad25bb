/** One thing that is wrong in a project file, and where. */
export interface Problem {
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 code units. */
  readonly column: number;
  /** What is wrong: half a sentence. */
  readonly what: string;
  /** What would be right, after the word "expected". */
  readonly expected: string;
  /** What to do about it. */
  readonly suggestion: string;
}

/** More are not read by anybody. */
export const MAX_PROBLEMS = 50;

/** `bucle.yaml:12:7: there is no key "labl"; expected one of label, key; did you mean "label"?` */
export function formatProblem(file: string, { line, column, what, expected, suggestion }: Problem): string {
  return `${file}:${line}:${column}: ${what}; expected ${expected}; ${suggestion}`;
}

/** In the order of the file; the same place is told once. */
export function sortProblems(problems: readonly Problem[]): Problem[] {
  const places = new Set<string>();
  return [...problems]
    .sort((a, b) => a.line - b.line || a.column - b.column)
    .filter(({ line, column, what }) => {
      const place = `${line}:${column}:${what}`;
      return !places.has(place) && places.add(place);
    })
    .slice(0, MAX_PROBLEMS);
}

/** `a, b or c` */
export function orList(words: readonly string[]): string {
  return words.length < 2 ? (words[0] ?? 'nothing') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

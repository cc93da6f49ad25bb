import type { YAMLError } from 'yaml';
import type { Problem } from './problem.ts';
import type { Place } from './read-yaml.ts';

type Words = readonly [what: string, expected: string, suggestion: string];

const SAID: Readonly<Record<string, Words>> = {
  TAB_AS_INDENT: ['a tab indents this line', 'spaces', 'replace each tab by two spaces'],
  BAD_INDENT: [
    'the indentation fits no line above',
    'members of one mapping or list below each other',
    'move the line to the column of its siblings',
  ],
  MULTIPLE_DOCS: [
    'a second document begins here',
    'one document in a file',
    'remove the line `---`, or make two files',
  ],
  BAD_SCALAR_START: ["a plain text can't begin with this character", 'a value', 'put the text in quotes: "…"'],
  BLOCK_AS_IMPLICIT_KEY: [
    'a key follows where a value is still expected',
    'one `key: value` on a line',
    'begin a new line, or put a text that holds `: ` in quotes',
  ],
  MULTILINE_IMPLICIT_KEY: ['the text goes over several lines', '`key: value`', 'add the `:` that is missing'],
  NON_STRING_KEY: ['a key is no text', 'a name', 'write the key as a word'],
  TAG_RESOLVE_FAILED: ['this tag (`!…`) means nothing here', 'plain values', 'remove the tag'],
  BAD_DQ_ESCAPE: [
    'this escape means nothing in double quotes',
    'an escape such as \\n or \\"',
    "use single quotes: '…'",
  ],
};

/** What follows after it can't be read, and says nothing of its own. */
export const UNCLOSED = 'something opened above is not closed';

/** What the YAML library found, in words that say what to do. */
export function toProblem(error: YAMLError, text: string, place: (offset: number) => Place): Problem {
  const { code, pos } = error;
  const [start] = pos;
  if (code === 'DUPLICATE_KEY') return duplicate(keyAt(text, start), place(start));
  if (code === 'MISSING_CHAR' || code === 'UNEXPECTED_TOKEN' || code === 'BAD_INDENT') {
    const open = unclosed(error.message);
    if (open !== null) return { ...place(Math.min(start, text.length)), ...open };
  }
  const [what, expected, suggestion] = SAID[code] ?? [
    `this is not YAML (${firstSentence(error.message)})`,
    '`key: value` lines, indented by spaces',
    'look at the line and the one above it, for a missing `:`, quote or bracket',
  ];
  return { ...place(start), what, expected, suggestion };
}

function duplicate(key: string, place: Place): Problem {
  return {
    ...place,
    what: `the key ${key} is there twice`,
    expected: 'each key once',
    suggestion: 'remove one of them, or rename it',
  };
}

function unclosed(message: string): Omit<Problem, keyof Place> | null {
  const [, char] = /(?:Missing closing|end with a) (\S+)/.exec(message) ?? [];
  if (char === undefined) return null;
  return {
    what: UNCLOSED,
    expected: `a closing ${char.replace(/quote$/, '')}`,
    suggestion: 'add it, or remove what opens it',
  };
}

function keyAt(text: string, offset: number): string {
  return JSON.stringify(/^[^:\s#]*/.exec(text.slice(offset, offset + 100))?.[0]?.replace(/^["']|["']$/g, '') ?? '');
}

function firstSentence(message: string): string {
  return (message.split(/ at line |\n/)[0] ?? message).replace(/[.:]$/, '').slice(0, 120);
}

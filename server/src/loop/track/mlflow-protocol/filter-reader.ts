import type { FilterValue, ListItem, Operator } from './filter.ts';

const WORD_OPERATORS: readonly (readonly [RegExp, Operator])[] = [
  [/is\s+not\s+null\b/iy, 'IS NOT NULL'],
  [/is\s+null\b/iy, 'IS NULL'],
  [/not\s+in\b/iy, 'NOT IN'],
  [/in\b/iy, 'IN'],
  [/ilike\b/iy, 'ILIKE'],
  [/rlike\b/iy, 'RLIKE'],
  [/like\b/iy, 'LIKE'],
];
/** Also what is none of them, so that it can be named when it is refused. */
const SIGN = /[!=<>]+/y;
const BARE = /[^\s=!<>'"`(),;]+/y;
const NUMBER = /^[+-]?(\d+(?:\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;

/** A cursor over a filter string. Each `take…` moves past what it found, or answers null and stays. */
export class FilterReader {
  readonly source: string;
  #at = 0;

  constructor(source: string) {
    this.source = source;
  }

  isAtEnd(): boolean {
    this.#skipSpace();
    return this.#at >= this.source.length;
  }

  rest(): string {
    this.#skipSpace();
    return this.source.slice(this.#at, this.#at + 200);
  }

  isAtWord(word: string): boolean {
    this.#skipSpace();
    return this.#find(new RegExp(`${word}\\b(?!\\.)`, 'iy')) !== null;
  }

  takeWord(word: string): boolean {
    if (!this.isAtWord(word)) return false;
    this.#at += word.length;
    return true;
  }

  /** `key`, `entity.key`, `entity."quoted key"`, `` entity.`quoted key` ``. */
  takeIdentifier(): { entity: string | null; key: string } | null {
    this.#skipSpace();
    const bare = this.#take(BARE) ?? '';
    const quoted = bare === '' ? this.#takeQuoted('"`') : bare.endsWith('.') ? this.#takeQuoted('"`\'') : null;
    if (bare === '') return quoted === null ? null : { entity: null, key: quoted };
    if (bare.endsWith('.') && quoted === null) return null;
    const dot = bare.indexOf('.');
    if (dot < 0) return { entity: null, key: bare };
    return { entity: bare.slice(0, dot), key: `${bare.slice(dot + 1)}${quoted ?? ''}` };
  }

  takeOperator(): Operator | null {
    this.#skipSpace();
    const sign = this.#take(SIGN);
    if (sign !== null) return sign as Operator;
    for (const [pattern, operator] of WORD_OPERATORS) if (this.#take(pattern) !== null) return operator;
    return null;
  }

  takeValue(): FilterValue | null {
    this.#skipSpace();
    const from = this.#at;
    const quoted = this.#takeQuoted('\'"');
    if (quoted !== null) return { kind: 'string', text: quoted, source: this.source.slice(from, this.#at) };
    const source = this.#takeQuoted('`') === null ? this.#take(BARE) : this.source.slice(from, this.#at);
    if (source === null) return null;
    return NUMBER.test(source) ? { kind: 'number', number: Number(source), source } : { kind: 'word', source };
  }

  isAtList(): boolean {
    this.#skipSpace();
    return this.source[this.#at] === '(';
  }

  /** `('a', 'b')`, up to its end; what stands in it is for the caller to judge. Null where no list ends. */
  takeList(): FilterValue | null {
    this.#skipSpace();
    const from = this.#at;
    const items: ListItem[] = [];
    if (!this.#takeSign('(')) return null;
    while (!this.#takeSign(')')) {
      const item = this.#takeItem();
      if (item === null) return null;
      items.push(item);
    }
    return { kind: 'list', items, source: this.source.slice(from, this.#at) };
  }

  #takeItem(): ListItem | null {
    const value = this.takeValue();
    if (value === null || value.kind === 'list' || value.kind === 'none') return null;
    const isSeparated = this.#takeSign(',') || this.source[this.#at] === ')';
    if (!isSeparated) return { kind: 'word', source: value.source };
    return value.kind === 'string' ? { ...value, text: plainText(value.text) } : value;
  }

  #takeSign(sign: string): boolean {
    this.#skipSpace();
    if (this.source[this.#at] !== sign) return false;
    this.#at += 1;
    return true;
  }

  /** A doubled quote and one after a backslash do not end the text, and stay in it as they are written. */
  #takeQuoted(quotes: string): string | null {
    const quote = this.source[this.#at];
    if (quote === undefined || !quotes.includes(quote)) return null;
    const end = endOfQuoted(this.source, this.#at, quote);
    if (end < 0) return null;
    const text = this.source.slice(this.#at + 1, end);
    this.#at = end + 1;
    return text;
  }

  #find(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.source)?.[0] ?? null;
  }

  #take(pattern: RegExp): string | null {
    const found = this.#find(pattern);
    if (found !== null) this.#at += found.length;
    return found;
  }

  #skipSpace(): void {
    while (this.#at < this.source.length && /\s/.test(this.source[this.#at] as string)) this.#at += 1;
  }
}

function endOfQuoted(source: string, start: number, quote: string): number {
  // Where a backslash stands before the last quote there is, that one ends the text all the same.
  let otherwise = -1;
  let at = start + 1;
  while (at < source.length) {
    if (source[at] === '\\' && quote !== '`' && source[at + 1] === quote) {
      otherwise = at + 1;
      at += 2;
    } else if (source[at] !== quote) {
      at += 1;
    } else if (source[at + 1] === quote) {
      otherwise = at + 1;
      at += 2;
    } else {
      return at;
    }
  }
  return otherwise;
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };

/** Texts in lists are Python's, where a backslash escapes. */
function plainText(text: string): string {
  return text.replace(/\\(['"\\ntr])/g, (_whole, sign: string) => ESCAPES[sign] ?? sign);
}

import type { FilterValue, Operator } from './filter.ts';

const WORD_OPERATORS: readonly (readonly [RegExp, Operator])[] = [
  [/is\s+not\s+null\b/iy, 'IS NOT NULL'],
  [/is\s+null\b/iy, 'IS NULL'],
  [/not\s+in\b/iy, 'NOT IN'],
  [/in\b/iy, 'IN'],
  [/ilike\b/iy, 'ILIKE'],
  [/like\b/iy, 'LIKE'],
];
const SIGN = /!=|<=|>=|=|<|>/y;
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
    const quoted = bare === '' || bare.endsWith('.') ? this.#takeQuoted('"`') : null;
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
    const quoted = this.#takeQuoted('\'"');
    if (quoted !== null) return { kind: 'string', text: quoted };
    const source = this.#take(BARE);
    if (source === null) return null;
    return NUMBER.test(source) ? { kind: 'number', number: Number(source), source } : { kind: 'word', source };
  }

  /** `('a', 'b')` */
  takeList(): FilterValue | null {
    if (!this.#takeSign('(')) return null;
    const texts: string[] = [];
    do {
      this.#skipSpace();
      const text = this.#takeQuoted('\'"');
      if (text === null) return null;
      texts.push(text);
    } while (this.#takeSign(','));
    return this.#takeSign(')') ? { kind: 'list', texts } : null;
  }

  #takeSign(sign: string): boolean {
    this.#skipSpace();
    if (this.source[this.#at] !== sign) return false;
    this.#at += 1;
    return true;
  }

  #takeQuoted(quotes: string): string | null {
    const quote = this.source[this.#at];
    if (quote === undefined || !quotes.includes(quote)) return null;
    const end = this.source.indexOf(quote, this.#at + 1);
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

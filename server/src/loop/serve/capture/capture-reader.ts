import { readFile, rm } from 'node:fs/promises';
import { setImmediate as breathe } from 'node:timers/promises';
import type { Log } from '../../../platform/log.ts';
import type { Capture, WaitingCaptures } from './capture.ts';
import type { Ledger } from './ledger.ts';
import { endOf, readLines, type Segment, wholeLines } from './segment-file.ts';

const nobody = { endpoint: '', deployment: '' };
const LINES_AT_ONCE = 500;

interface Place {
  readonly segment: Segment;
  readonly offset: number;
  /** Byte where the line of that offset begins. */
  readonly at: number;
}

/** Reads what was not delivered, from the cursor of the ledger on; deletes segments that nobody needs any more. */
export class CaptureReader {
  readonly #segments: Segment[];
  readonly #ledger: Ledger;
  readonly #log: Log;
  #place: Place | null = null;
  #afterPeek: Place | null = null;

  constructor(segments: Segment[], ledger: Ledger, log: Log) {
    this.#segments = segments;
    this.#ledger = ledger;
    this.#log = log;
  }

  /** What lies before the offset `upTo`. */
  async peek(upTo: number, maxBytes: number): Promise<WaitingCaptures | null> {
    for (;;) {
      const { cursor } = this.#ledger;
      const segment = this.#segments.find(({ next }) => next > cursor);
      if (!segment || cursor >= upTo) return null;
      const found = await this.#read(segment, Math.min(segment.next, upTo), maxBytes);
      if (found) return found;
      const resume = cursor < segment.first ? segment.first : Math.min(segment.next, upTo);
      const captures = resume - cursor;
      this.#log.error({ segment: segment.path, captures }, 'captures are damaged or gone from the disk');
      await this.#drop(resume, [], captures);
    }
  }

  async acknowledge({ first, count }: Pick<WaitingCaptures, 'first' | 'count'>): Promise<void> {
    await this.#moveCursor(first + count);
  }

  async giveUp({ first, count, lines }: WaitingCaptures): Promise<void> {
    const texts = Buffer.from(lines).toString('utf8').split('\n').slice(0, -1);
    await this.#drop(first + count, texts, count - texts.length);
  }

  /** Drops whole segments, oldest first, until the rest has at most so many bytes; the last one stays. */
  async keepBudget(bytes: number): Promise<void> {
    for (;;) {
      const [oldest, ...others] = this.#segments;
      const total = this.#segments.reduce((sum, segment) => sum + segment.bytes, 0);
      if (!oldest || others.length === 0 || total <= bytes) return;
      const first = Math.max(oldest.first, this.#ledger.cursor);
      const lines = wholeLines(await readFile(oldest.path)).slice(first - oldest.first);
      const texts = lines.map(({ text }) => text.toString('utf8'));
      const captures = oldest.next - this.#ledger.cursor;
      this.#log.error({ captures, budget: bytes }, 'captures dropped: the control server is away and the log is full');
      await this.#drop(oldest.next, texts, captures - texts.length);
    }
  }

  async #drop(next: number, texts: readonly string[], unnamed: number): Promise<void> {
    for (const [index, text] of texts.entries()) {
      if (index % LINES_AT_ONCE === LINES_AT_ONCE - 1) await breathe();
      this.#ledger.count(JSON.parse(text) as Capture, 1);
    }
    if (unnamed > 0) this.#ledger.count(nobody, unnamed);
    this.#ledger.dropped += texts.length + Math.max(0, unnamed);
    await this.#moveCursor(next);
  }

  async #moveCursor(next: number): Promise<void> {
    if (next > this.#ledger.cursor) this.#ledger.cursor = next;
    this.#place = this.#afterPeek?.offset === next ? this.#afterPeek : null;
    this.#ledger.write();
    await this.#ledger.sync();
    for (const oldest of this.#segments.slice(0, -1)) {
      if (oldest.next > this.#ledger.cursor) break;
      await rm(oldest.path, { force: true });
      this.#segments.shift();
    }
  }

  async #read(segment: Segment, end: number, maxBytes: number): Promise<WaitingCaptures | null> {
    const { cursor } = this.#ledger;
    const at = await this.#locate(segment, cursor);
    if (at === null) return null;
    const lines = await readLines(segment.path, at, { limit: end - cursor, maxBytes });
    if (lines.length === 0) return null;
    this.#afterPeek = { segment, offset: cursor + lines.length, at: at + endOf(lines) };
    return { first: cursor, count: lines.length, lines: Buffer.concat(lines.map(({ text }) => text)) };
  }

  async #locate(segment: Segment, cursor: number): Promise<number | null> {
    if (cursor <= segment.first) return cursor === segment.first ? 0 : null;
    if (this.#place?.segment === segment && this.#place.offset === cursor) return this.#place.at;
    const before = wholeLines(await readFile(segment.path), cursor - segment.first);
    return before.length === cursor - segment.first ? endOf(before) : null;
  }
}

import { writeSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../../platform/clock.ts';
import { uuidv7 } from '../../../platform/ids.ts';
import type { Log } from '../../../platform/log.ts';
import { createDurably, readJson } from '../../../platform/processes/durable-file.ts';
import type { Capture, CaptureLog, CaptureSource, WaitingCaptures } from './capture.ts';
import { CaptureReader } from './capture-reader.ts';
import { frameLine } from './framed-line.ts';
import { Ledger } from './ledger.ts';
import { listSegments, segmentPath } from './segment-file.ts';
import { SegmentWriter, type Write } from './segment-writer.ts';

const SEGMENT_BYTES = 16 * 1024 * 1024;
/** With the sync itself well within the 50 ms that are promised. */
const SYNC_AFTER_MS = 20;
const COMPLAIN_EVERY_MS = 10_000;

export interface CaptureLogOptions {
  /** The log's own; only one process may have it open. */
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly segmentBytes?: number;
  /** Bytes on disk beyond which the oldest captures are given up; absent: none are. */
  readonly budgetBytes?: number;
  readonly write?: Write;
}

/** Opens the log that lies in the folder, or makes one; what a crash tore at its end is cut off. */
export async function openCaptureLog(options: CaptureLogOptions): Promise<CaptureLog & CaptureSource> {
  const { folder, clock, log } = options;
  await mkdir(folder, { recursive: true });
  const id = await identify(folder, clock);
  const ledger = await Ledger.open(join(folder, 'ledger'));
  const { segments, torn } = await listSegments(folder);
  if (torn > 0) log.warn({ bytes: torn }, 'the log of captures ended in half a record, which was cut off');
  const end = segments.at(-1)?.next ?? 0;
  if (segments.length === 0 || end < ledger.cursor) {
    const first = Math.max(end, ledger.cursor);
    const path = segmentPath(folder, first);
    await writeFile(path, '', { flag: 'a', mode: 0o600 });
    segments.push({ path, first, next: first, bytes: 0 });
  }
  const write = options.write ?? ((fd, bytes, offset, length) => writeSync(fd, bytes, offset, length));
  const writer = new SegmentWriter(folder, segments, { segmentBytes: options.segmentBytes ?? SEGMENT_BYTES, write });
  const reader = new CaptureReader(segments, ledger, log);
  const opened = new FileCaptureLog(id, { writer, reader, ledger }, options);
  await opened.settle();
  return opened;
}

async function identify(folder: string, clock: Clock): Promise<string> {
  const path = join(folder, 'log.json');
  await createDurably(path, JSON.stringify({ format: 'bucle.capture-log.v1', id: uuidv7(clock.now()) }));
  const identity = await readJson<{ id: string }>(path);
  if (!identity) throw new Error(`${path} says nothing about the log of captures that lies beside it.`);
  return identity.id;
}

interface Parts {
  readonly writer: SegmentWriter;
  readonly reader: CaptureReader;
  readonly ledger: Ledger;
}

class FileCaptureLog implements CaptureLog, CaptureSource {
  readonly id: string;
  readonly #parts: Parts;
  readonly #options: CaptureLogOptions;
  /** Offset up to which everything is on disk: only that is delivered, so that no offset is ever given twice. */
  #synced = 0;
  #syncing: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #waiting: (() => void)[] = [];
  #closed = false;
  #complainedAt = Number.NEGATIVE_INFINITY;

  constructor(id: string, parts: Parts, options: CaptureLogOptions) {
    this.id = id;
    this.#parts = parts;
    this.#options = options;
  }

  append(capture: Capture): boolean {
    // The number of a closed file may be another file's by now.
    if (this.#closed) return false;
    try {
      this.#parts.writer.append(frameLine(JSON.stringify(capture)));
    } catch (error) {
      this.#lose(capture, error);
      return false;
    }
    this.#settleSoon();
    return true;
  }

  counts() {
    const { cursor, dropped, lost } = this.#parts.ledger;
    const kept = this.#parts.writer.next;
    return { kept, delivered: cursor - dropped, lost, waiting: kept - cursor };
  }

  losses() {
    return this.#parts.ledger.losses;
  }

  peek(maxBytes: number): Promise<WaitingCaptures | null> {
    return this.#parts.reader.peek(this.#synced, maxBytes);
  }

  acknowledge(delivered: Pick<WaitingCaptures, 'first' | 'count'>): Promise<void> {
    return this.#parts.reader.acknowledge(delivered);
  }

  giveUp(refused: WaitingCaptures): Promise<void> {
    return this.#parts.reader.giveUp(refused);
  }

  keepBudget(): Promise<void> {
    return this.#parts.reader.keepBudget(this.#options.budgetBytes ?? Number.POSITIVE_INFINITY);
  }

  async untilNews(told: number, signal: AbortSignal): Promise<void> {
    const { cursor, lost } = this.#parts.ledger;
    if (cursor < this.#synced || lost > told || signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const stop = () => resolve();
    this.#waiting.push(resolve);
    signal.addEventListener('abort', stop, { once: true });
    await promise;
    signal.removeEventListener('abort', stop);
  }

  /** Brings what was appended to the disk; those that come meanwhile have a turn of their own. */
  async settle(): Promise<void> {
    this.#timer = null;
    await this.#syncing;
    this.#syncing ??= this.#sync().finally(() => {
      this.#syncing = null;
    });
    await this.#syncing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#timer) clearTimeout(this.#timer);
    await this.settle();
    this.#parts.writer.close();
    this.#parts.ledger[Symbol.dispose]();
    this.#wake();
  }

  async #sync(): Promise<void> {
    const { next } = this.#parts.writer;
    try {
      this.#synced = await this.#parts.writer.sync();
      await this.#parts.ledger.sync();
    } catch (error) {
      // They are still in memory, and the server is the better place for them now.
      this.#synced = next;
      this.#complain('the disk failed to take captures that it had accepted', error);
    }
    this.#wake();
  }

  #lose(capture: Capture, error: unknown): void {
    this.#parts.ledger.count(capture, 1);
    try {
      this.#parts.ledger.write();
    } catch {
      // The count stays in memory, and the next write tells it.
    }
    this.#complain('a prediction was answered but could not be captured', error);
    this.#settleSoon();
  }

  #settleSoon(): void {
    this.#timer ??= setTimeout(() => void this.settle(), SYNC_AFTER_MS).unref();
  }

  #complain(what: string, error: unknown): void {
    const now = this.#options.clock.now();
    if (now - this.#complainedAt < COMPLAIN_EVERY_MS) return;
    this.#complainedAt = now;
    this.#options.log.error({ err: error, lost: this.#parts.ledger.lost, folder: this.#options.folder }, what);
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

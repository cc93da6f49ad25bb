import { closeSync, fdatasync, openSync, readSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import type { Loss } from './capture.ts';
import { frameLine, readLine } from './framed-line.ts';

const SLOT_BYTES = 64 * 1024;
/** More would not fit a slot; what comes later is counted without a name. */
const MAX_NAMES = 250;

interface LedgerState {
  /** Counts the writes: of two slots the one with the higher number holds. */
  readonly generation: number;
  /** Offset of the oldest capture that was not delivered. */
  readonly cursor: number;
  /** Captures that were in the log and were never delivered. */
  readonly dropped: number;
  readonly losses: readonly Loss[];
}

/**
 * What was delivered and what was lost. The file gets its full size when it is made and is written in place, so that a
 * full disk can be told of; two slots take turns, so that a torn write leaves the other.
 */
export class Ledger implements Disposable {
  readonly #fd: number;
  readonly #losses = new Map<string, Loss>();
  #generation = 0;
  cursor = 0;
  dropped = 0;

  private constructor(fd: number) {
    this.#fd = fd;
    const state = [readSlot(fd, 0), readSlot(fd, 1)].reduce(later);
    if (!state) return;
    this.#generation = state.generation;
    this.cursor = state.cursor;
    this.dropped = state.dropped;
    for (const loss of state.losses) this.#losses.set(nameOf(loss), loss);
  }

  static async open(path: string): Promise<Ledger> {
    await reserve(path);
    return new Ledger(openSync(path, 'r+'));
  }

  get losses(): readonly Loss[] {
    return [...this.#losses.values()];
  }

  get lost(): number {
    return this.losses.reduce((sum, { lost }) => sum + lost, 0);
  }

  count({ endpoint, deployment }: Pick<Loss, 'endpoint' | 'deployment'>, lost: number): void {
    const name = nameOf({ endpoint, deployment });
    const known = this.#losses.get(name);
    if (!known && this.#losses.size >= MAX_NAMES && endpoint !== '') {
      this.count({ endpoint: '', deployment: '' }, lost);
      return;
    }
    this.#losses.set(name, { endpoint, deployment, lost: (known?.lost ?? 0) + lost });
  }

  /** Survives `kill -9` when it returns. @throws the error of the file system */
  write(): void {
    this.#generation += 1;
    const { cursor, dropped, losses } = this;
    const state: LedgerState = { generation: this.#generation, cursor, dropped, losses };
    const line = frameLine(JSON.stringify(state));
    writeSync(this.#fd, line, 0, line.length, slotStart(this.#generation % 2));
  }

  sync(): Promise<void> {
    return promisify(fdatasync)(this.#fd);
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}

async function reserve(path: string): Promise<void> {
  await using file = await open(path, 'a', 0o600);
  const missing = 2 * SLOT_BYTES - (await file.stat()).size;
  if (missing <= 0) return;
  await file.appendFile(Buffer.alloc(missing));
  await file.sync();
  await using folder = await open(dirname(path), 'r');
  await folder.sync();
}

function readSlot(fd: number, slot: number): LedgerState | null {
  const bytes = Buffer.alloc(SLOT_BYTES);
  readSync(fd, bytes, 0, SLOT_BYTES, slotStart(slot));
  const line = readLine(bytes, 0);
  return line && (JSON.parse(bytes.toString('utf8', line.start, line.end)) as LedgerState);
}

function later(one: LedgerState | null, other: LedgerState | null): LedgerState | null {
  if (!one || !other) return one ?? other;
  return one.generation > other.generation ? one : other;
}

function slotStart(slot: number): number {
  return slot * SLOT_BYTES;
}

function nameOf({ endpoint, deployment }: Pick<Loss, 'endpoint' | 'deployment'>): string {
  return `${endpoint}\0${deployment}`;
}

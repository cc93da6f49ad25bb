import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { measureScale } from './scale.ts';
import { contenders } from './servers.ts';
import { type Figures, measure } from './workloads.ts';

// MLflow's tracking server, as it starts by default and at its leanest, beside Bucle's, by raw kept-alive HTTP. Answers
// must be equal. BENCH_ROUNDS, BENCH_RUNS (100000) and BENCH_POINTS (1000000) make it shorter.
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 3);
const RUNS = Number(process.env['BENCH_RUNS'] ?? 100_000);
const POINTS = Number(process.env['BENCH_POINTS'] ?? 1_000_000);

const scratch = await mkdtemp(join(tmpdir(), 'bucle-bench-'));
try {
  const measured = new Map<string, Figures[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < ROUNDS; round += 1) {
    const told = new Map<string, string>();
    for (const { name, start } of contenders) {
      const folder = join(scratch, `${round}-${name.replace(/\W+/g, '-')}`);
      await mkdir(folder);
      await using peer = await start(folder);
      const { figures, facts } = await measure(peer);
      measured.get(name)?.push(figures);
      for (const [what, fact] of Object.entries(facts)) compare(told, what, fact, name);
      process.stderr.write(`round ${round + 1} of ${ROUNDS}: ${name}\n`);
    }
  }
  report(measured);
  await reportScale();
} finally {
  await rm(scratch, { recursive: true, force: true });
}

function compare(told: Map<string, string>, what: string, fact: string, name: string): void {
  const other = told.get(what);
  if (other !== undefined && other !== fact)
    throw new Error(`${name} answers "${what}" otherwise: ${fact}, not ${other}.`);
  told.set(what, fact);
}

async function reportScale(): Promise<void> {
  const own = contenders.find(({ name }) => name === 'bucle');
  if (own === undefined) return;
  const folder = join(scratch, 'scale');
  await mkdir(folder);
  await using peer = await own.start(folder);
  process.stderr.write(`${RUNS} runs and ${POINTS} points\n`);
  const figures = await measureScale(peer.url, RUNS, POINTS);
  for (const [what, value] of Object.entries(figures)) process.stdout.write(row([what, '', '', digits(value), '']));
}

function report(measured: ReadonlyMap<string, readonly Figures[]>): void {
  const [standard, lean, own] = contenders.map(({ name }) => medians(measured.get(name) ?? []));
  if (!standard || !lean || !own) return;
  process.stdout.write(row(['', ...contenders.map(({ name }) => name), 'better by']));
  for (const what of Object.keys(own)) {
    const [a = Number.NaN, b = Number.NaN, c = Number.NaN] = [standard[what], lean[what], own[what]];
    const isRate = what.includes('per second');
    const ratio = isRate ? c / Math.max(a, b) : Math.min(a, b) / c;
    process.stdout.write(row([what, digits(a), digits(b), digits(c), `${ratio.toFixed(1)} ×`]));
  }
}

function medians(all: readonly Figures[]): Figures {
  const names = Object.keys(all[0] ?? {});
  return Object.fromEntries(names.map((name) => [name, median(all.map((figures) => figures[name] ?? Number.NaN))]));
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function digits(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(2);
}

function row(cells: readonly string[]): string {
  return `${cells.map((cell, i) => (i === 0 ? cell.padEnd(46) : cell.padStart(14))).join('')}\n`;
}

import { fillPath } from '@bucle/client';
import { type Io, UsageError } from '../command.ts';

/** What the server says of a decision; see /openapi.json. */
export interface DecisionSummary {
  readonly id: string;
  readonly kind: string;
  readonly state: string;
  readonly verdict: 'promote' | 'keep' | 'invalid' | null;
  readonly headline: string;
  readonly subject: string;
  readonly candidate: string;
  readonly champion: string | null;
  readonly dataset: string | null;
  readonly actor: string;
  readonly created_at: number;
  readonly made_at: number | null;
}

interface Measured {
  readonly name: string;
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

interface Scored {
  readonly version: string;
  readonly engine: string;
  readonly loader: string;
  readonly metrics: readonly Measured[];
}

interface Gain {
  readonly metric: string;
  readonly candidate: number | null;
  readonly champion: number | null;
  readonly gain: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly rows: number;
}

export interface Decision extends DecisionSummary {
  readonly reasons: readonly string[];
  readonly progress: string | null;
  readonly gate: Readonly<Record<string, unknown>> | null;
  readonly evidence: {
    readonly candidate: Scored | null;
    readonly champion: Scored | null;
    readonly slices: readonly (Gain & { readonly column: string; readonly value: string | null })[];
  } | null;
}

type Parts = Pick<Io, 'client' | 'signal'>;

const WHOLE = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const LEAST = 6;
const LOOKED_AT = 1_000;

/** By its id, or by enough of the beginning or end of it; `decision:` may stand before. @throws EVALUATE_DECISION_NOT_FOUND */
export async function getDecision({ client, signal }: Parts, text: string): Promise<Decision> {
  const word = text.replace(/^decision:/, '').toLowerCase();
  const decision = WHOLE.test(word) ? word : await findId({ client, signal }, word);
  return client.request<Decision>('GET', fillPath('/api/v1/decisions/{decision}', { decision }), { signal });
}

async function findId({ client, signal }: Parts, word: string): Promise<string> {
  if (!/^[0-9a-f-]+$/.test(word) || word.length < LEAST) {
    throw new UsageError(`${word} is no id of a decision: give the whole id, or ${LEAST} characters or more of it.`);
  }
  const { decisions } = await client.request<{ decisions: DecisionSummary[] }>('GET', '/api/v1/decisions', {
    query: { limit: LOOKED_AT },
    signal,
  });
  const found = decisions.filter(({ id }) => id.startsWith(word) || id.endsWith(word));
  if (found.length > 1) {
    const list = found.slice(0, 5).map(({ id, headline }) => `  ${id}  ${headline}`);
    throw new UsageError(`${found.length} decisions are meant by ${word}; give more of the id:\n${list.join('\n')}`);
  }
  // The server refuses what is none, in its own words.
  return found[0]?.id ?? word;
}

/** The verdict, why, and the numbers of both. */
export function printDecision(io: Io, decision: Decision): void {
  const { id, state, verdict, headline, reasons, evidence, progress } = decision;
  io.print(`decision:${id}  ${verdict ?? state}`);
  io.print(headline);
  if (state === 'running' && progress !== null) io.print(`  ${progress}`);
  for (const reason of reasons) io.print(`  - ${reason}`);
  if (evidence?.candidate) printMetrics(io, evidence.candidate, evidence.champion);
  if (evidence && evidence.slices.length > 0) {
    io.print('');
    io.printTable(
      ['slice', 'rows', 'candidate', 'champion', 'gain', 'from', 'to'],
      evidence.slices.map((slice) => [
        `${slice.column} = ${slice.value ?? 'null'}`,
        slice.rows,
        ...[slice.candidate, slice.champion, slice.gain, slice.low, slice.high].map(short),
      ]),
    );
  }
}

function printMetrics(io: Io, candidate: Scored, champion: Scored | null): void {
  io.print('');
  const cells = (measured: Measured | undefined) => [
    short(measured?.value),
    short(measured?.low),
    short(measured?.high),
  ];
  const named = (who: string) => [who, 'from', 'to'];
  io.printTable(
    ['metric', ...named('candidate'), ...(champion === null ? [] : named('champion'))],
    candidate.metrics.map((one, at) => [
      one.name,
      ...cells(one),
      ...(champion === null ? [] : cells(champion.metrics[at])),
    ]),
  );
  const engines = [candidate, champion].filter((one) => one !== null);
  io.note(engines.map(({ version, engine, loader }) => `${version} answered by ${engine} (${loader})`).join('; '));
}

function short(value: number | null | undefined): number | null {
  return value === null || value === undefined ? null : Number(value.toPrecision(4));
}

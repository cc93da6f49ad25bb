import { setImmediate as breathe } from 'node:timers/promises';
import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import type { Capture } from './capture.ts';

export const CAPTURES_PATH = '/api/v1/gateway/captures';
/** JSON lines under zstd: a header, then the captures in the order of their offsets. */
export const CAPTURES_TYPE = 'application/vnd.bucle.captures';
/** Before compression; room for the largest capture. */
export const MAX_BATCH_BYTES = 130 * 1024 * 1024;

const LINES_AT_ONCE = 500;
const strict = { additionalProperties: false } as const;
const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) => Type.Union([type, Type.Null()]);
const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });

export const BatchHeader = Type.Object(
  {
    format: Type.Literal('bucle.captures.v1'),
    gateway: Type.String({ minLength: 1, maxLength: 100 }),
    /** Id of the gateway's log: with an offset it names a capture for ever. */
    log: Type.String({ pattern: '^[0-9a-f-]{36}$' }),
    /** Offset of the first capture; each further one has the next. */
    first: Count,
    /** 0 when only losses are told. */
    count: Count,
    /** All that the log ever lost, so that telling it twice changes nothing. */
    losses: Type.Array(
      Type.Object(
        { endpoint: Type.String({ maxLength: 100 }), deployment: Type.String({ maxLength: 100 }), lost: Count },
        strict,
      ),
      { maxItems: 1_000 },
    ),
  },
  strict,
);
export type BatchHeader = Static<typeof BatchHeader>;

/** What the server looks at in a capture; the rest is kept as it came. */
const CaptureLine = Type.Object({
  id: Type.String({ pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$' }),
  endpoint: Type.String({ minLength: 1, maxLength: 100 }),
  deployment: Type.String({ minLength: 1, maxLength: 100 }),
  version: Type.String(),
  received_at: Count,
  event_time: Type.Integer(),
  key: Type.Optional(Nullable(Type.String())),
  keys: Type.Optional(Nullable(Type.Array(Nullable(Type.String())))),
  event_times: Type.Optional(Nullable(Type.Array(Type.Integer()))),
  protocol: Type.Union([Type.Literal('mlflow'), Type.Literal('oip')]),
  outputs: Type.Array(Type.Unknown()),
});

const headers = Compile(BatchHeader);
const captures = Compile(CaptureLine);
const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

export interface CaptureBatch {
  readonly header: BatchHeader;
  readonly captures: readonly Capture[];
}

/** Thrown for bytes that are no batch; says what is wrong with them. */
export class BatchError extends Error {
  override readonly name = 'BatchError';
  /** Offset of the capture that is not valid; null when it is the batch as a whole. */
  readonly offset: number | null;

  constructor(problem: string, options: { offset?: number; cause?: unknown } = {}) {
    super(problem, options);
    this.offset = options.offset ?? null;
  }
}

/** `lines`: JSON, each with a line feed at its end. */
export async function encodeBatch(header: BatchHeader, lines: Uint8Array): Promise<Uint8Array> {
  return compress(Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), lines]));
}

/** @throws BatchError */
export async function decodeBatch(bytes: Uint8Array): Promise<CaptureBatch> {
  const [first = '', ...lines] = (await expand(bytes)).toString('utf8').split('\n');
  const header = parse(first, 'the header');
  if (!headers.Check(header)) throw new BatchError('its header is not one of bucle.captures.v1');
  if (lines.pop() !== '' || lines.length !== header.count) {
    throw new BatchError(`it has not the ${header.count} lines that its header says`);
  }
  const decoded: Capture[] = [];
  for (const [index, line] of lines.entries()) {
    // Others have their turn between: parsing a whole batch takes long enough to delay a heartbeat.
    if (index % LINES_AT_ONCE === LINES_AT_ONCE - 1) await breathe();
    decoded.push(toCapture(line, header.first + index));
  }
  return { header, captures: decoded };
}

/** The text of a batch, for who looks for one line of it. @throws BatchError */
export async function expand(bytes: Uint8Array): Promise<Buffer> {
  return decompress(bytes, { maxOutputLength: MAX_BATCH_BYTES }).catch((cause: unknown) => {
    throw new BatchError('it is no zstd stream, or a too large one', { cause });
  });
}

function toCapture(line: string, offset: number): Capture {
  const capture = parse(line, `the capture at offset ${offset}`);
  if (captures.Check(capture)) return capture as unknown as Capture;
  const [problem] = captures.Errors(capture);
  const what = `${problem?.instancePath ?? ''} ${problem?.message ?? 'is not valid'}`;
  throw new BatchError(`the capture at offset ${offset} is not valid: ${what}`, { offset });
}

function parse(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new BatchError(`${what} is no JSON`, { cause });
  }
}

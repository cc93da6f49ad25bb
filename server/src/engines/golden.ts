import { readFile, stat } from 'node:fs/promises';
import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { engineErrors } from './errors.ts';
import { outputsAreTexts, parseSchema, type Signature } from './signature.ts';
import { fromWire, type Value } from './values.ts';

const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) => Type.Union([type, Type.Null()]);

export const GoldenDocument = Type.Object({
  format: Type.Literal('bucle.golden.v1'),
  model_id: Type.String(),
  /** `job`: computed where the model was trained; `rebuilt`: in an environment made from its requirements. */
  origin: Type.Union([Type.Literal('job'), Type.Literal('rebuilt')]),
  created_at: Type.String(),
  environment: Type.Object({
    python: Type.String(),
    platform: Type.String(),
    packages: Type.Record(Type.String(), Type.String()),
    lock_digest: Nullable(Type.String()),
  }),
  signature: Nullable(Type.Object({ inputs: Type.Unknown(), outputs: Type.Unknown() })),
  requests: Type.Array(
    Type.Object({
      name: Type.String(),
      /** Empty or absent with `tensor`. */
      columns: Type.Optional(Type.Array(Type.String())),
      rows: Type.Optional(Type.Array(Type.Array(Type.Unknown()))),
      tensor: Type.Optional(Type.Unknown()),
      outputs: Type.Optional(Nullable(Type.Array(Type.Unknown()))),
      error: Type.Optional(Nullable(Type.String())),
    }),
  ),
  notes: Type.Optional(Type.Array(Type.String())),
});

/** One recorded request; exactly one of outputs and error. */
export interface GoldenRequest {
  readonly name: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Value[])[];
  /** Rows of an array without names. */
  readonly positional: boolean;
  readonly outputs: readonly Value[] | null;
  readonly error: string | null;
}

export interface Golden {
  readonly modelId: string;
  readonly origin: 'job' | 'rebuilt';
  readonly environment: Static<typeof GoldenDocument>['environment'];
  readonly signature: Signature | null;
  readonly requests: readonly GoldenRequest[];
  readonly rows: number;
  readonly notes: readonly string[];
}

const validator = Compile(GoldenDocument);
export const MAX_GOLDEN_BYTES = 16 * 1024 * 1024;

/** @throws ENGINE_GOLDEN_INVALID */
export async function readGolden(path: string): Promise<Golden> {
  const info = await stat(path).catch(() => null);
  if (info === null) throw invalid('there are none');
  if (info.size > MAX_GOLDEN_BYTES) throw invalid(`they are larger than ${MAX_GOLDEN_BYTES} bytes`);
  return parseGolden(await readFile(path, 'utf8'));
}

/** @throws ENGINE_GOLDEN_INVALID */
export function parseGolden(text: string): Golden {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw engineErrors.GOLDEN_INVALID({ problem: 'they are not JSON' }, { cause: error });
  }
  if (!validator.Check(parsed)) {
    const [first] = validator.Errors(parsed);
    throw invalid(`${first?.instancePath || '/'} ${first?.message ?? 'is not valid'}`);
  }
  const signature = toSignature(parsed.signature);
  const texts = outputsAreTexts(signature);
  const requests = parsed.requests.map((request) => toRequest(request, texts));
  return {
    modelId: parsed.model_id,
    origin: parsed.origin,
    environment: parsed.environment,
    signature,
    requests,
    rows: requests.reduce((sum, { rows }) => sum + rows.length, 0),
    notes: parsed.notes ?? [],
  };
}

type RawRequest = Static<typeof GoldenDocument>['requests'][number];

function toRequest(request: RawRequest, texts: boolean): GoldenRequest {
  const { name, columns = [], tensor, outputs = null, error = null } = request;
  const positional = Array.isArray(tensor);
  const rows = (positional ? tensor : (request.rows ?? [])) as Value[][];
  if ((outputs === null) === (error === null)) throw invalid(`the request ${name} needs either outputs or an error`);
  if (outputs !== null && outputs.length !== rows.length) {
    throw invalid(`the request ${name} has ${outputs.length} outputs for ${rows.length} rows`);
  }
  if (!positional && rows.some((row) => row.length !== columns.length)) {
    throw invalid(`the request ${name} has rows that do not match its columns`);
  }
  return {
    name,
    columns,
    rows,
    positional,
    outputs: outputs?.map((output) => fromWire(output as Value, texts)) ?? null,
    error,
  };
}

function toSignature(given: { inputs: unknown; outputs: unknown } | null): Signature | null {
  if (given === null) return null;
  try {
    return {
      inputs: parseSchema(given.inputs, 'inputs'),
      outputs: parseSchema(given.outputs, 'outputs'),
      params: [],
    };
  } catch (error) {
    throw invalid((error as Error).message);
  }
}

function invalid(problem: string) {
  return engineErrors.GOLDEN_INVALID({ problem });
}

import { readFile, stat } from 'node:fs/promises';
import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { engineErrors } from './errors.ts';

const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) => Type.Union([type, Type.Null()]);

export const ConversionInput = Type.Object({
  name: Type.String(),
  type: Type.Union(['float', 'double', 'int64', 'string', 'bool'].map((name) => Type.Literal(name))),
  /** Null: one two-dimensional tensor of all columns, in the order of `columns`. */
  column: Nullable(Type.String()),
  /** What a missing value becomes: `nan`, `refuse`, or `token:TEXT`. */
  missing: Type.String({ pattern: '^(nan|refuse|token:[\\s\\S]*)$' }),
});

/** `conversion.json`, as `python -m bucle.convert` writes it beside `model.onnx`. */
export const Conversion = Type.Object({
  format: Type.Literal('bucle.onnx.v1'),
  converted: Type.Boolean(),
  proven: Type.Boolean(),
  /** Why there is no ONNX form, for a person. */
  reason: Nullable(Type.String()),
  opset: Nullable(Type.Integer()),
  inputs: Type.Array(ConversionInput),
  output: Nullable(
    Type.Object({
      name: Type.String(),
      kind: Type.Union([Type.Literal('label'), Type.Literal('probability'), Type.Literal('value')]),
      classes: Nullable(Type.Array(Type.Unknown())),
    }),
  ),
  columns: Type.Array(Type.String()),
  proof: Nullable(
    Type.Object({
      rows: Type.Integer(),
      adversarial_rows: Type.Integer(),
      max_difference: Nullable(Type.Number()),
      label_flips: Type.Integer(),
    }),
  ),
  packages: Type.Record(Type.String(), Type.String()),
});

export type ConversionInput = Static<typeof ConversionInput>;
export type Conversion = Static<typeof Conversion>;

const validator = Compile(Conversion);
const MAX_BYTES = 8 * 1024 * 1024;

/** @throws ENGINE_CONVERSION_INVALID */
export async function readConversion(path: string): Promise<Conversion> {
  const info = await stat(path).catch(() => null);
  if (info === null) throw engineErrors.CONVERSION_INVALID({ problem: 'conversion.json is missing' });
  if (info.size > MAX_BYTES) throw engineErrors.CONVERSION_INVALID({ problem: 'conversion.json is too large' });
  return parseConversion(await readFile(path, 'utf8'));
}

/** @throws ENGINE_CONVERSION_INVALID */
export function parseConversion(text: string): Conversion {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw engineErrors.CONVERSION_INVALID({ problem: 'conversion.json is not JSON' }, { cause: error });
  }
  if (validator.Check(parsed)) return parsed;
  const [first] = validator.Errors(parsed);
  const where = first?.instancePath || '/';
  throw engineErrors.CONVERSION_INVALID({ problem: `conversion.json: ${where} ${first?.message ?? 'is not valid'}` });
}

import type { Db, Trx } from '../../database.ts';
import type { StoredFile } from './deployment.ts';
import { WORKSPACE } from './endpoint.ts';

export interface ConversionTable {
  workspace: string;
  model_digest: string;
  converter: string;
  /** JSON: the ONNX form; null: there is none. */
  files: string | null;
  reason: string | null;
  created_at: number;
}

export interface ConversionTables {
  conversions: ConversionTable;
}

/** What a conversion came to: files, or the reason why there are none. */
export type ConversionResult =
  | { readonly files: readonly StoredFile[]; readonly reason: null }
  | { readonly files: null; readonly reason: string };

/** Which conversion: of this content by this converter. */
export interface ConversionKey {
  readonly modelDigest: string;
  readonly converter: string;
}

export async function findConversion(db: Db, key: ConversionKey): Promise<ConversionResult | undefined> {
  const row = await db
    .selectFrom('conversions')
    .select(['files', 'reason'])
    .where('workspace', '=', WORKSPACE)
    .where('model_digest', '=', key.modelDigest)
    .where('converter', '=', key.converter)
    .executeTakeFirst();
  if (!row) return undefined;
  if (row.files === null) return { files: null, reason: row.reason ?? 'the reason was not recorded' };
  return { files: JSON.parse(row.files) as StoredFile[], reason: null };
}

/** Of two that converted at the same time the first counts. */
export async function insertConversion(
  trx: Trx,
  key: ConversionKey,
  result: ConversionResult,
  now: number,
): Promise<void> {
  await trx
    .insertInto('conversions')
    .values({
      workspace: WORKSPACE,
      model_digest: key.modelDigest,
      converter: key.converter,
      files: result.files && JSON.stringify(result.files),
      reason: result.reason,
      created_at: now,
    })
    .onConflict((conflict) => conflict.columns(['workspace', 'model_digest', 'converter']).doNothing())
    .execute();
}

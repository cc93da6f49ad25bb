import { fileURLToPath } from 'node:url';
import { type Conversion, readConversion } from './conversion.ts';
import type { Engine, PoolSettings } from './engine.ts';
import { type Golden, readGolden } from './golden.ts';
import { openOnnxEngine } from './onnx-engine.ts';

/** A logistic regression over `distance`, `hour` and `carrier`, made with scikit-learn 1.9.1 and skl2onnx 1.20. */
export const tinyFolder = fileURLToPath(new URL('./fixtures/tiny-onnx', import.meta.url));

export const tinyGolden = (): Promise<Golden> => readGolden(`${tinyFolder}/golden.json`);
export const tinyConversion = (): Promise<Conversion> => readConversion(`${tinyFolder}/conversion.json`);

export async function openTiny(pool: Partial<PoolSettings> = {}, change: Partial<Conversion> = {}): Promise<Engine> {
  return openOnnxEngine({
    modelFile: `${tinyFolder}/model.onnx`,
    conversion: { ...(await tinyConversion()), ...change },
    signature: (await tinyGolden()).signature,
    pool,
  });
}

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { engineContract } from './engine-contract.fixture.ts';
import { openOnnxEngine } from './onnx-engine.ts';
import { openTiny, tinyConversion, tinyGolden } from './tiny-model.fixture.ts';

engineContract('onnx', { open: openTiny, golden: tinyGolden });

const inTime = { timeoutMs: 10_000 };
const row = (distance: number | null, carrier: string | null) => ({
  input: { kind: 'table' as const, columns: ['distance', 'hour', 'carrier'], rows: [[distance, 9, carrier]] },
});

test('a missing value is refused, becomes NaN, or becomes the token, as the conversion says', async () => {
  const { inputs } = await tinyConversion();
  await using refusing = await openTiny();
  await expect(refusing.predict(row(null, 'AA'), inTime)).rejects.toMatchObject({
    code: 'ENGINE_INPUT_REFUSED',
    message: 'The column distance must not be missing.',
  });
  const missing = { float: 'nan', string: 'token:AA' };
  const lenient = inputs.map((input) => ({ ...input, missing: missing[input.type as 'float' | 'string'] }));
  await using engine = await openTiny({}, { inputs: lenient });
  const [byToken] = (await engine.predict(row(500, null), inTime)).outputs;
  const [byName] = (await engine.predict(row(500, 'AA'), inTime)).outputs;
  expect(byToken).toEqual(byName);
  const [nan] = (await engine.predict(row(null, 'AA'), inTime)).outputs;
  expect(nan).toEqual([Number.NaN, Number.NaN]);
});

test('a file that is no ONNX model is refused with the reason', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bucle-onnx-'));
  const modelFile = join(folder, 'model.onnx');
  await writeFile(modelFile, 'not a model');
  const opened = openOnnxEngine({ modelFile, conversion: await tinyConversion(), signature: null });
  await expect(opened).rejects.toMatchObject({ code: 'ENGINE_LOAD_FAILED', status: 422 });
  await rm(folder, { recursive: true });
});

test('parameters are refused, since the graph was made with their defaults', async () => {
  const golden = await tinyGolden();
  const signature = {
    inputs: null,
    outputs: null,
    ...golden.signature,
    params: [{ name: 'alpha', type: 'double', default: 1 }],
  };
  const conversion = await tinyConversion();
  await using engine = await openOnnxEngine({
    modelFile: new URL('./fixtures/tiny-onnx/model.onnx', import.meta.url).pathname,
    conversion,
    signature,
  });
  await expect(engine.predict({ ...row(500, 'AA'), params: { alpha: 2 } }, inTime)).rejects.toMatchObject({
    code: 'ENGINE_INPUT_REFUSED',
  });
  await expect(engine.predict({ ...row(500, 'AA'), params: { alpha: 1 } }, inTime)).resolves.toMatchObject({});
});

import { createReadStream, existsSync } from 'node:fs';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Stage } from '../../context.ts';
import { tinyFolder } from '../../engines/tiny-model.fixture.ts';
import { platformErrors } from '../../platform/errors.ts';
import { evaluateMigrations } from '../evaluate/migrations/index.ts';
import type { ModelSource } from './model-source.ts';

/** Where decisions are kept, for tests in which nothing is evaluated. */
export const decisionStage: Stage = { name: 'evaluate', migrations: evaluateMigrations, errors: {} };

/** Stands in for `track` and `registry`: the version `tiny/1` is the folder `tiny.1`, its model `m-tiny.1`. */
export function folderSource(root: string): ModelSource {
  const folderOf = (modelId: string) => join(root, modelId.replace(/^m-/, ''));
  return {
    async resolve(_parts, ref) {
      const [name = '', number = ''] = ref.replace(/^version:/, '').split('/');
      if (!existsSync(join(root, `${name}.${number}`))) throw platformErrors.NOT_FOUND({ what: 'version', id: ref });
      return { name, number: Number(number), modelId: `m-${name}.${number}`, run: 'a'.repeat(32) };
    },
    async files(_parts, modelId) {
      const model = join(folderOf(modelId), 'model');
      const entries = await readdir(model, { withFileTypes: true, recursive: true });
      return entries
        .filter((entry) => entry.isFile())
        .map((entry) => relative(model, join(entry.parentPath, entry.name)));
    },
    async open(_parts, modelId, path) {
      const file = join(folderOf(modelId), 'model', path);
      const info = await stat(file).catch(() => null);
      return info && { size: info.size, etag: `e-${info.size}`, body: createReadStream(file) };
    },
    async golden(_parts, modelId) {
      const file = join(folderOf(modelId), 'golden.json');
      return existsSync(file) ? createReadStream(file) : null;
    },
    async keepGolden(_parts, modelId, body) {
      await writeFile(join(folderOf(modelId), 'golden.json'), body);
    },
  };
}

export interface TinyModel {
  /** Flavour beside python_function. */
  readonly flavor?: string;
  /** What the requirements file says. */
  readonly requirements?: string;
  /** Changes the golden document; `null`: none was recorded. */
  readonly golden?: ((document: Record<string, unknown>) => Record<string, unknown>) | null;
  readonly mlmodel?: string;
}

/** Makes a version that the fixture finds: `tiny.1`. */
export async function makeTiny(root: string, id: string, options: TinyModel = {}): Promise<void> {
  const { flavor = 'lightgbm', requirements = '', golden = (same) => same } = options;
  const model = join(root, id, 'model');
  await mkdir(join(model, 'data'), { recursive: true });
  const text =
    options.mlmodel ??
    `model_id: m-${id}\nflavors:\n  python_function:\n    loader_module: mlflow.${flavor}\n  ${flavor}:\n    data: data\n`;
  await writeFile(join(model, 'MLmodel'), text);
  await writeFile(join(model, 'requirements.txt'), requirements);
  await writeFile(join(model, 'data', 'model.bin'), `weights of ${id}`);
  if (golden === null) return;
  const document = JSON.parse(await readFile(join(tinyFolder, 'golden.json'), 'utf8')) as Record<string, unknown>;
  await writeFile(join(root, id, 'golden.json'), JSON.stringify(golden({ ...document, model_id: `m-${id}` })));
}

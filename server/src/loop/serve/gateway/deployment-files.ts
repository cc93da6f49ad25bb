import { join } from 'node:path';
import type { EngineFiles } from '../../../engines/engine-files.ts';
import type { DesiredDeployment } from '../../deploy/index.ts';
import { type FetchParts, fetchFile, fetchFiles } from './fetch-files.ts';
import { contentDigest, type GatewayFolder } from './gateway-folder.ts';

/** Brings the files of a deployment onto this disk. */
export async function fetchDeployment(
  parts: FetchParts,
  folder: GatewayFolder,
  deployment: DesiredDeployment & { readonly golden: NonNullable<DesiredDeployment['golden']> },
): Promise<EngineFiles> {
  const fetchContent = async (files: DesiredDeployment['model']['files']) => {
    const digest = contentDigest(files);
    const place = join(folder.models, digest);
    await fetchFiles(parts, place, files);
    return { folder: place, digest };
  };
  const { sha256, url } = deployment.golden;
  const golden = { file: join(folder.models, `${sha256}.json`), sha256 };
  await fetchFile(parts, golden.file, { path: 'golden.json', url, sha256, size: null });
  return {
    golden,
    model: await fetchContent(deployment.model.files),
    onnx: deployment.onnx && (await fetchContent(deployment.onnx.files)),
  };
}

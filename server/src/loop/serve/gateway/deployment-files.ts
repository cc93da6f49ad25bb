import { join } from 'node:path';
import type { DesiredDeployment } from '../../deploy/index.ts';
import { type FetchParts, fetchFile, fetchFiles } from './fetch-files.ts';
import { contentDigest, type GatewayFolder } from './gateway-folder.ts';

/** The files of one deployment on this disk, each proved by its hash. */
export interface DeploymentFiles {
  readonly model: { readonly folder: string; readonly digest: string };
  readonly onnx: { readonly folder: string; readonly digest: string } | null;
  readonly golden: { readonly file: string; readonly sha256: string };
}

export async function fetchDeployment(
  parts: FetchParts,
  folder: GatewayFolder,
  deployment: DesiredDeployment & { readonly golden: NonNullable<DesiredDeployment['golden']> },
): Promise<DeploymentFiles> {
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

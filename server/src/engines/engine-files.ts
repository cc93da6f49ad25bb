/** The files of one model on this disk, each proved by its hash. */
export interface EngineFiles {
  readonly model: { readonly folder: string; readonly digest: string };
  readonly onnx: { readonly folder: string; readonly digest: string } | null;
  readonly golden: { readonly file: string; readonly sha256: string };
}

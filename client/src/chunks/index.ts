export { type Chunk, chunkFile } from './chunk-file.ts';
export { chunkStream } from './chunk-stream.ts';
export {
  chunkLengths,
  findCut,
  MAX_CHUNK,
  MIN_CHUNK,
  NORMAL_CHUNK,
} from './find-cut.ts';
export { type Hashing, hex, webHashing } from './hashing.ts';
export {
  type ChunkRef,
  canonicalManifest,
  createManifest,
  isHash,
  MANIFEST_FORMAT,
  type Manifest,
  ManifestError,
  type ManifestFile,
  manifestId,
  parseManifest,
} from './manifest.ts';
export { comparePaths, pathProblem } from './manifest-path.ts';
export {
  CHUNK_HEADER_BYTES,
  type ChunkHeader,
  CODECS,
  type Codec,
  decodePack,
  encodeChunkHeader,
  encodePack,
  MAX_PACK_BYTES,
  PACK_MAGIC,
  PackError,
  type PackedChunk,
} from './pack.ts';
export { createSha256, type IncrementalHash } from './sha256.ts';

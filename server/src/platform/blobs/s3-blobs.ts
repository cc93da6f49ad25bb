import { createHash } from 'node:crypto';
import { Readable, Transform } from 'node:stream';
import {
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { type Clock, systemClock } from '../clock.ts';
import type { BlobConfig } from '../config/config.ts';
import { type BlobInfo, type BlobStore, checkKey, type ListedEntry, type PutOptions } from './blob-store.ts';
import { absent, bare, refused } from './s3-errors.ts';
import { s3Parts } from './s3-parts.ts';
import { s3Urls } from './s3-urls.ts';

/** Bytes of a part; S3 allows 10,000 parts, so this carries objects of 160 GB. */
const PART_SIZE = 16 * 1024 * 1024;

export type S3Config = Extract<BlobConfig, { kind: 's3' }>;

/** Blobs as objects of one bucket, below a prefix. */
export function s3Blobs(config: S3Config, clock: Clock = systemClock): BlobStore {
  const { bucket: Bucket, prefix: root } = config;
  const client = new S3Client({
    region: config.region,
    credentials: { accessKeyId: config.accessKeyId, secretAccessKey: config.secretAccessKey },
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    ...(config.endpoint === null ? {} : { endpoint: config.endpoint, forcePathStyle: true }),
  });
  const locate = (key: string) => `${root}${checkKey(key)}`;
  const folder = (prefix: string) => (prefix === '' ? root : `${locate(prefix)}/`);

  async function* pages(Prefix: string, Delimiter?: string) {
    let ContinuationToken: string | undefined;
    do {
      const page = await client
        .send(new ListObjectsV2Command({ Bucket, Prefix, Delimiter, ContinuationToken }))
        .catch(refused('list'));
      yield page;
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken !== undefined);
  }

  async function* walk(prefix: string): AsyncGenerator<BlobInfo> {
    for await (const page of pages(folder(prefix))) {
      for (const { Key = '', Size = 0, ETag = '', LastModified } of page.Contents ?? []) {
        // What ends with a slash is how some tools mark a folder.
        if (Key.endsWith('/')) continue;
        yield { key: Key.slice(root.length), size: Size, etag: bare(ETag), modifiedAt: LastModified?.getTime() ?? 0 };
      }
    }
  }

  return {
    async put(key, body, options = {}) {
      const Key = locate(key);
      if (body instanceof Uint8Array) {
        await client.send(new PutObjectCommand({ Bucket, Key, Body: body })).catch(refused('put'));
        return { size: body.length, sha256: options.hash ? createHash('sha256').update(body).digest('hex') : null };
      }
      const { stream, result } = measured(body, options);
      const upload = new Upload({ client, params: { Bucket, Key, Body: stream }, partSize: PART_SIZE, queueSize: 2 });
      await upload.done().catch(refused('put'));
      return result();
    },
    async head(key) {
      const found = await client.send(new HeadObjectCommand({ Bucket, Key: locate(key) })).catch(absent('head'));
      if (!found) return null;
      const { ContentLength = 0, ETag = '', LastModified } = found;
      return { key, size: ContentLength, etag: bare(ETag), modifiedAt: LastModified?.getTime() ?? 0 };
    },
    async get(key, range) {
      const Range = range && `bytes=${range.start}-${range.end}`;
      const found = await client.send(new GetObjectCommand({ Bucket, Key: locate(key), Range })).catch(absent('get'));
      if (!found || !(found.Body instanceof Readable)) return null;
      const whole = Number(found.ContentRange?.split('/')[1] ?? found.ContentLength ?? 0);
      const info = { key, size: whole, etag: bare(found.ETag ?? ''), modifiedAt: found.LastModified?.getTime() ?? 0 };
      return { info, body: found.Body };
    },
    async list(prefix) {
      const base = folder(prefix);
      const entries: ListedEntry[] = [];
      for await (const page of pages(base, '/')) entries.push(...toEntries(page, base));
      return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    },
    walk,
    async delete(key) {
      const Key = locate(key);
      const below: { Key: string }[] = [{ Key }, { Key: `${Key}/` }];
      for await (const blob of walk(key)) below.push({ Key: `${root}${blob.key}` });
      for (let start = 0; start < below.length; start += 1_000) {
        const Objects = below.slice(start, start + 1_000);
        await client
          .send(new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }))
          .catch(refused('delete'));
      }
    },
    parts: s3Parts({ client, bucket: Bucket, root, locate, clock }),
    urls: (key) => (config.direct === true ? s3Urls(client, { bucket: Bucket, key: locate(key) }) : null),
  };
}

function toEntries(page: ListObjectsV2CommandOutput, base: string): ListedEntry[] {
  const folders = (page.CommonPrefixes ?? []).map(({ Prefix = '' }) => Prefix.slice(base.length, -1));
  const files = (page.Contents ?? []).map(({ Key = '', Size = 0 }) => ({ name: Key.slice(base.length), size: Size }));
  return [
    ...folders.map((name) => ({ name, isDirectory: true, size: 0 })),
    ...files.map(({ name, size }) => ({ name, isDirectory: false, size })),
    // An empty name is the mark of the folder itself.
  ].filter(({ name }) => name !== '');
}

function measured(body: Readable, options: PutOptions) {
  const hash = options.hash === true ? createHash('sha256') : null;
  let size = 0;
  const meter = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      hash?.update(chunk);
      size += chunk.length;
      done(null, chunk);
    },
  });
  // The upload may have failed before: then nobody listens any more, and the process must not end of it.
  meter.on('error', () => {});
  // `pipe` alone would leave the upload waiting for ever when the sender goes away.
  body.once('error', (error) => meter.destroy(error));
  body.once('close', () => {
    if (!body.readableEnded) meter.destroy(new Error('The sender went away.'));
  });
  return { stream: body.pipe(meter), result: () => ({ size, sha256: hash?.digest('hex') ?? null }) };
}

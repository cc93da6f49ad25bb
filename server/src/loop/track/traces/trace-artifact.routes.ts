import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Context } from '../../../context.ts';
import type { App } from '../../../platform/http/create-http.ts';
import { artifactFolder, artifactKey } from '../artifact-path.ts';
import { invalidParameter, mlflowError, speakMlflow } from '../mlflow-protocol/index.ts';
import { sendBlob } from '../send-blob.ts';
import { hasSpansHere, readTrace, readTraceInfos } from './read-traces.ts';
import { LOCATION_TAG, type TraceDetail } from './trace.ts';

const DATA_FILE = 'traces.json';
const URLS = ['2.0', '3.0'].map((version) => `/ajax-api/${version}/mlflow/get-trace-artifact`);

/** The spans of a trace as a file, or a file that the client attached to it. */
export async function traceArtifactRoutes(app: App, parts: Pick<Context, 'db' | 'blobs'>): Promise<void> {
  await app.register((scope, _options, registered) => {
    speakMlflow(scope as unknown as App);
    for (const url of URLS) {
      scope.get(url, { exposeHeadRoute: false }, (request, reply) => sendTraceFile(parts, request, reply));
    }
    registered();
  });
}

async function sendTraceFile(
  parts: Pick<Context, 'db' | 'blobs'>,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const id = queryText(request, 'request_id');
  if (id === '') throw mlflowError('BAD_REQUEST', 'Request must include the "request_id" query parameter.');
  const [trace] = await readTraceInfos(parts.db.read, [id]);
  if (!trace) throw mlflowError('RESOURCE_DOES_NOT_EXIST', `Trace with ID ${id.slice(0, 300)} is not found.`);
  const path = queryText(request, 'path');
  if (path !== '' || !hasSpansHere(trace)) {
    const file = path === '' ? DATA_FILE : `attachments/${path}`;
    return sendBlob(request, reply, { blobs: parts.blobs, key: keyOf(trace, file), path: file });
  }
  const { contents } = await readTrace(parts, id, true);
  return reply
    .type('application/octet-stream')
    .header('content-disposition', `attachment; filename="${DATA_FILE}"`)
    .header('content-security-policy', "default-src 'none'; sandbox")
    .send(Buffer.from(`{"spans":[${contents.join(',')}]}`));
}

function keyOf({ tags }: TraceDetail, file: string): string {
  const location = tags.find(({ key }) => key === LOCATION_TAG)?.value ?? '';
  const folder = artifactFolder(location);
  if (folder === null || folder === '') {
    throw invalidParameter(`The files of the trace are at ${location}, which this server does not read: ask there.`);
  }
  artifactKey(file);
  return artifactKey(`${folder}/${file}`);
}

function queryText({ query }: FastifyRequest, name: string): string {
  const value = (query as Record<string, unknown>)[name];
  return typeof value === 'string' ? value : '';
}

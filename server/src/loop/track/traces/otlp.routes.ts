import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Context } from '../../../context.ts';
import type { Db } from '../../../database.ts';
import type { App } from '../../../platform/http/create-http.ts';
import { toBucleError } from '../../../platform/http/problem.ts';
import { parseExperimentId } from '../experiment.ts';
import { MlflowError, translateError } from '../mlflow-protocol/index.ts';
import { requireOwnRun, requireRun } from '../require-run.ts';
import { insertLinks } from './link.store.ts';
import { logSpans, type SpanReport } from './log-spans.ts';
import { decodeExportJson } from './otlp/decode-json.ts';
import { decodeExportRequest } from './otlp/decode-protobuf.ts';
import { inflateBody, MAX_INFLATED } from './otlp/inflate-body.ts';
import type { ResourceSpans } from './otlp/otlp-span.ts';
import { MalformedOtlp } from './otlp/wire.ts';
import { type Span, toSpan, UnusableSpan } from './span.ts';
import { resourceTags } from './trace-tag.ts';

type Parts = Pick<Context, 'db'>;

const PROTOBUF = 'application/x-protobuf';
const JSON_TYPE = 'application/json';
const EXPERIMENT = 'x-mlflow-experiment-id';
const RUN = 'x-mlflow-run-id';
/** Of one request; OpenTelemetry's SDKs send 512. */
const MAX_SPANS = 20_000;

/** A refusal in the words of MLflow's route, which are not those of its other operations: `{"detail": …}`. */
class OtlpRefusal extends Error {
  override readonly name = 'OtlpRefusal';
  readonly status: number;
  readonly detail: unknown;

  constructor(status: number, detail: unknown) {
    super(typeof detail === 'string' ? detail : 'refused');
    this.status = status;
    this.detail = detail;
  }
}

/** `POST /v1/traces`: OpenTelemetry's protocol over HTTP, in protobuf and in JSON. */
export async function otlpRoutes(app: App, parts: Parts): Promise<void> {
  await app.register((scope, _options, registered) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    scope.setErrorHandler((error, request, reply) => refuse(error as Error, request, reply));
    scope.post('/v1/traces', { config: { jobs: true } }, async (request, reply) => {
      await receive(parts, request);
      // An ExportTraceServiceResponse that says nothing has no bytes.
      return reply.type(PROTOBUF).send(Buffer.alloc(0));
    });
    registered();
  });
}

async function receive(parts: Parts, request: FastifyRequest): Promise<void> {
  const { principal } = request;
  const run = headerOf(request, RUN);
  const named = headerOf(request, EXPERIMENT);
  if (named === undefined && run === undefined) {
    throw new OtlpRefusal(422, [{ type: 'missing', loc: ['header', EXPERIMENT], msg: 'Field required', input: null }]);
  }
  const { spans, tags } = toReport(await readGroups(request));
  if (spans.length === 0) return;
  const experiment = await experimentOf(parts.db.read, named, run ?? '');
  if (principal.kind === 'job' && run !== undefined) await requireOwnRun(parts.db.read, run, principal);
  await logSpans(parts, { experiment, spans, tags }, principal);
  const finished = new Set(spans.filter(({ parent }) => parent === null).map(({ trace }) => trace));
  if (run !== undefined && finished.size > 0) await linkToRun(parts, [...finished], run, request);
}

/** Where only the run is named, its experiment is meant. */
async function experimentOf(db: Db, experiment: string | undefined, run: string): Promise<number> {
  return experiment === undefined ? (await requireRun(db, run)).experiment : parseExperimentId(experiment);
}

/** The spans are kept: that their run is not there does not make the client send them again. */
async function linkToRun(
  { db }: Parts,
  traces: readonly string[],
  run: string,
  request: FastifyRequest,
): Promise<void> {
  try {
    await requireRun(db.read, run);
    await db.transaction((trx) =>
      insertLinks(
        trx,
        traces.map((trace) => ({ trace, kind: 'run' as const, target: run })),
      ),
    );
  } catch (error) {
    request.log.warn({ err: error, run }, 'traces could not be linked to their run');
  }
}

async function readGroups(request: FastifyRequest): Promise<ResourceSpans[]> {
  const type = headerOf(request, 'content-type');
  const media = type?.split(';')[0]?.trim();
  if (media !== PROTOBUF && media !== JSON_TYPE) {
    throw new OtlpRefusal(400, `Invalid Content-Type: ${type ?? 'None'}. Expected: ${PROTOBUF} or ${JSON_TYPE}`);
  }
  const body = await bodyOf(request);
  const groups = decode(body, media);
  if (groups.length === 0) throw new OtlpRefusal(400, 'Invalid OpenTelemetry format - no spans found');
  if (groups.reduce((sum, { spans }) => sum + spans.length, 0) > MAX_SPANS) {
    throw new OtlpRefusal(413, `A request can have at most ${MAX_SPANS} spans. Send them in several.`);
  }
  return groups;
}

async function bodyOf(request: FastifyRequest): Promise<Buffer> {
  const raw = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  const encoding = headerOf(request, 'content-encoding')?.toLowerCase();
  if (encoding === undefined || encoding === '') return raw;
  const inflated = await inflateBody(raw, encoding);
  if ('body' in inflated) return inflated.body;
  if (inflated.problem === 'encoding') throw new OtlpRefusal(400, `Unsupported Content-Encoding: ${encoding}`);
  if (inflated.problem === 'corrupt') throw new OtlpRefusal(400, `Failed to decompress ${encoding} payload`);
  throw new OtlpRefusal(413, `The payload is larger than ${MAX_INFLATED} bytes once it is decompressed.`);
}

function decode(body: Buffer, media: string): ResourceSpans[] {
  try {
    return media === PROTOBUF ? decodeExportRequest(body) : decodeExportJson(body.toString('utf8'));
  } catch (error) {
    if (error instanceof MalformedOtlp || error instanceof RangeError) {
      throw new OtlpRefusal(400, 'Invalid OpenTelemetry format');
    }
    throw error;
  }
}

function toReport(groups: readonly ResourceSpans[]): Omit<SpanReport, 'experiment'> {
  const spans: Span[] = [];
  const tags = new Map<string, ReturnType<typeof resourceTags>>();
  try {
    for (const { resource, spans: given } of groups) {
      const own = given.map(toSpan);
      spans.push(...own);
      const said = resourceTags(resource);
      if (said.length > 0) for (const { trace } of own) if (!tags.has(trace)) tags.set(trace, said);
    }
  } catch (error) {
    if (!(error instanceof UnusableSpan)) throw error;
    throw new OtlpRefusal(422, `Cannot convert OpenTelemetry span to MLflow span: ${error.message}`);
  }
  return { spans, tags };
}

function refuse(error: Error, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (error instanceof OtlpRefusal) return reply.code(error.status).type(JSON_TYPE).send({ detail: error.detail });
  const isChosen = error instanceof MlflowError;
  const known = isChosen ? error : translateError(toBucleError(error, request));
  if (known.status >= 500 && !isChosen) request.log.error({ err: error, request: request.id }, 'request failed');
  return reply.code(known.status).type(JSON_TYPE).send({ error_code: known.code, message: known.message });
}

function headerOf({ headers }: FastifyRequest, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : value?.[0];
}

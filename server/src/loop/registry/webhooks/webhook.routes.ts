import { randomUUID } from 'node:crypto';
import type { Context } from '../../../context.ts';
import { checkTarget } from '../../../platform/webhooks/check-target.ts';
import { webhookErrors } from '../../../platform/webhooks/errors.ts';
import type { Network } from '../../../platform/webhooks/network.ts';
import {
  type AddOperation,
  choice,
  decodePageToken,
  encodePageToken,
  integer,
  invalidParameter,
  list,
  message,
  missing,
  mlflowError,
  required,
  text,
} from '../../track/index.ts';
import { exampleOf, toMessage } from './message.ts';
import { sendMessage } from './send-message.ts';
import { deleteWebhook, findWebhook, insertWebhook, listWebhooks, updateWebhook } from './webhook.store.ts';
import {
  type Action,
  type Entity,
  type MlflowWebhook,
  type Signer,
  type Topic,
  topicProblem,
  webhookNameProblem,
} from './webhook.ts';

type Parts = Pick<Context, 'db' | 'clock' | 'config'>;

const DEFAULT_RESULTS = 100;
const MOST_RESULTS = 1_000;
/** Of each text; MLflow's columns are no longer. */
const MOST_CHARACTERS = 1_000;

const STATUSES = { ACTIVE: 1, DISABLED: 2 } as const;
const ENTITIES = {
  ...{ REGISTERED_MODEL: 1, MODEL_VERSION: 2, MODEL_VERSION_TAG: 3, MODEL_VERSION_ALIAS: 4, PROMPT: 5 },
  ...{ PROMPT_VERSION: 6, PROMPT_TAG: 7, PROMPT_VERSION_TAG: 8, PROMPT_ALIAS: 9, BUDGET_POLICY: 10 },
} as const;
const ACTIONS = { CREATED: 1, UPDATED: 2, DELETED: 3, SET: 4, EXCEEDED: 5 } as const;

const topic = message({ entity: choice(ENTITIES), action: choice(ACTIONS) });
const id = required(text());
const scope = 'admin';

/** MLflow's operations on webhooks; only for admins. Secrets are taken, and never answered. */
export function mlflowWebhookOperations(add: AddOperation, parts: Parts, network: Network): void {
  readOperations(add, parts);
  changeOperations(add, parts, network);
  testOperation(add, parts, network);
}

function readOperations(add: AddOperation, { db }: Parts): void {
  add({
    ...{ method: 'GET', path: 'webhooks', scope },
    request: { max_results: integer(), page_token: text() },
    async handle({ max_results, page_token }) {
      const limit = max_results || DEFAULT_RESULTS;
      if (limit < 1 || limit > MOST_RESULTS) {
        throw invalidParameter(`max_results must be between 1 and ${MOST_RESULTS}.`);
      }
      const [createdAt, last] = decodePageToken(page_token, 'webhooks') ?? [];
      const after = createdAt === undefined ? null : { createdAt: Number(createdAt), id: String(last) };
      const found = await listWebhooks(db.read, { after, limit: limit + 1 });
      const end = found.length > limit ? found[limit - 1] : undefined;
      return {
        webhooks: found.slice(0, limit).map(toView),
        next_page_token: end && encodePageToken([end.createdAt, end.id], 'webhooks'),
      };
    },
  });
  add({
    ...{ method: 'GET', path: 'webhooks/:webhook_id', scope },
    request: { webhook_id: id },
    handle: async ({ webhook_id }) => ({ webhook: toView(await requireWebhook({ db }, webhook_id)) }),
  });
}

function changeOperations(add: AddOperation, parts: Parts, network: Network): void {
  const { db, clock } = parts;
  const texts = { description: text(), secret: text() };
  add({
    ...{ method: 'POST', path: 'webhooks', scope },
    request: { name: required(text()), url: required(text()), events: list(topic), ...texts, status: choice(STATUSES) },
    async handle(request) {
      if (request.events.length === 0) throw missing('events');
      const topics = request.events.map(toTopic);
      const now = clock.now();
      const webhook: Signer = {
        ...{
          id: randomUUID(),
          name: checkName(request.name),
          url: await checkUrl(parts, network, request.url),
          topics,
        },
        ...{ description: short(request.description) || null, secret: short(request.secret) || null },
        ...{ active: request.status !== 'DISABLED', createdAt: now, updatedAt: now },
      };
      await db.transaction((trx) => insertWebhook(trx, webhook));
      return { webhook: toView(webhook) };
    },
  });
  add({
    ...{ method: 'PATCH', path: 'webhooks/:webhook_id', scope },
    request: { webhook_id: id, name: text(), url: text(), events: list(topic), ...texts, status: choice(STATUSES) },
    async handle(request) {
      await requireWebhook(parts, request.webhook_id);
      const url = request.url ? await checkUrl(parts, network, request.url) : undefined;
      const topics = request.events.map(toTopic);
      const change = given({
        ...{ name: request.name ? checkName(request.name) : undefined, url },
        ...{ topics: topics.length === 0 ? undefined : topics },
        ...{ description: cleared(request.description), secret: cleared(request.secret) },
        active: request.status === undefined ? undefined : request.status === 'ACTIVE',
      });
      return db.transaction(async (trx) => {
        await db.lock(trx, `mlflow-webhook:${request.webhook_id}`);
        const before = await findWebhook(trx, request.webhook_id);
        if (!before) throw notFound(request.webhook_id);
        const webhook: Signer = { ...before, ...change, updatedAt: clock.now() };
        await updateWebhook(trx, webhook);
        return { webhook: toView(webhook) };
      });
    },
  });
  add({
    ...{ method: 'DELETE', path: 'webhooks/:webhook_id', scope },
    request: { webhook_id: id },
    async handle({ webhook_id }) {
      await db.transaction(async (trx) => {
        await db.lock(trx, `mlflow-webhook:${webhook_id}`);
        if (!(await deleteWebhook(trx, webhook_id))) throw notFound(webhook_id);
      });
      return {};
    },
  });
}

function testOperation(add: AddOperation, parts: Parts, network: Network): void {
  add({
    ...{ method: 'POST', path: 'webhooks/:webhook_id/test', scope },
    request: { webhook_id: id, event: topic },
    async handle({ webhook_id, event }) {
      const webhook = await requireWebhook(parts, webhook_id);
      const tested = event === undefined ? webhook.topics[0] : toTopic(event);
      if (!tested) throw missing('event');
      const body = toMessage(tested, exampleOf(tested), parts.clock.now());
      const sent = await sendMessage(parts, network, { webhook, id: randomUUID(), body });
      if ('error' in sent) {
        return { result: { success: false, error_message: `Failed to test webhook: ${sent.error}` } };
      }
      const { status, body: answered } = sent.answer;
      return { result: { success: status < 400, response_status: status, response_body: answered } };
    },
  });
}

async function requireWebhook({ db }: Pick<Context, 'db'>, webhookId: string): Promise<Signer> {
  const found = await findWebhook(db.read, webhookId);
  if (!found) throw notFound(webhookId);
  return found;
}

function notFound(webhookId: string) {
  return mlflowError('RESOURCE_DOES_NOT_EXIST', `Webhook with ID ${webhookId} not found.`);
}

/** As MLflow's protocol has it: without the secret. */
function toView({ id: webhook_id, name, description, url, topics, active, createdAt, updatedAt }: MlflowWebhook) {
  return {
    ...{ webhook_id, name, description, url, status: active ? 'ACTIVE' : 'DISABLED' },
    events: topics.map(({ entity, action }) => ({ entity: entity.toUpperCase(), action: action.toUpperCase() })),
    ...{ creation_timestamp: createdAt, last_updated_timestamp: updatedAt },
  };
}

function toTopic(told: { readonly entity: string | undefined; readonly action: string | undefined }): Topic {
  if (told.entity === undefined) throw missing('events.entity');
  const [entity, action] = [told.entity.toLowerCase() as Entity, (told.action ?? 'none').toLowerCase()];
  const problem = topicProblem(entity, action);
  if (problem !== null) throw invalidParameter(problem);
  return { entity, action: action as Action };
}

function checkName(name: string): string {
  const problem = webhookNameProblem(name);
  if (problem !== null) throw invalidParameter(problem);
  return name;
}

/** What a client said at all. */
function given<T extends object>(change: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(change).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

/** An empty text takes away what was there. */
function cleared(text: string | undefined): string | null | undefined {
  return text === undefined ? undefined : short(text) || null;
}

function short(written: string | undefined): string {
  const value = written ?? '';
  if (value.length <= MOST_CHARACTERS) return value;
  throw invalidParameter(`A description or secret of a webhook has at most ${MOST_CHARACTERS} characters.`);
}

/** @throws INVALID_PARAMETER_VALUE for what cannot be sent to safely */
async function checkUrl({ config }: Pick<Context, 'config'>, { resolve }: Network, url: string): Promise<string> {
  if (url.trim() === '') throw invalidParameter(`Webhook URL cannot be empty or just whitespace: '${url}'`);
  const scheme = /^\s*([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]?.toLowerCase() ?? '';
  if (scheme !== 'https' && scheme !== 'http') throw badScheme(scheme);
  if (!URL.canParse(url)) throw invalidParameter(`Webhook URL must include a hostname: '${url.slice(0, 300)}'`);
  try {
    return (await checkTarget(short(url), { allow: config.webhookAllow, resolve })).url.href;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === webhookErrors.HTTPS_NEEDED({ host: '' }).code) {
      throw badScheme(scheme);
    }
    throw error;
  }
}

function badScheme(scheme: string) {
  return invalidParameter(`Invalid webhook URL scheme: '${scheme}'. Allowed schemes are: https.`);
}

import {
  type Declaration,
  findEndpoint,
  listDeployments,
  listEndpoints,
  putEndpoint,
  removeEndpoint,
  versionRef,
} from '../../loop/deploy/index.ts';
import { formatDuration, parseDuration } from '../../platform/duration.ts';
import { type Effect, type Json, type Kind, type KindParts, type Spec, type Step, withoutNulls } from '../kind.ts';
import type { ProjectFile } from '../project-file.schema.ts';

type EndpointSpec = NonNullable<ProjectFile['endpoints']>[string];

export const endpointKind: Kind = {
  section: 'endpoints',
  noun: 'endpoint',
  subject: (name) => `endpoint:${name}`,
  events: ['endpoint.created', 'endpoint.declared', 'endpoint.removed'],
  async list(db) {
    return (await listEndpoints(db)).map((endpoint) => ({ name: endpoint.name, spec: toSpec(endpoint) }));
  },
  desired: ({ endpoints = {} }) =>
    Object.entries(endpoints).map(([name, endpoint]) => ({ name, spec: toSpec(toDeclaration(endpoint)) })),
  declare: (parts, { name, spec, actor, cause }) =>
    putEndpoint(parts, { endpoint: name, declaration: toDeclaration(toYaml(spec) as EndpointSpec), actor, cause }),
  remove: (parts, { name, actor, cause }) => removeEndpoint(parts, { endpoint: name, actor, cause }),
  toYaml,
  effect,
};

function toDeclaration({ prediction, event_time, key, timeout, workers }: EndpointSpec): Declaration {
  return {
    prediction: prediction
      ? { kind: prediction.kind, column: prediction.column ?? null, threshold: prediction.threshold ?? null }
      : null,
    eventTime: { feature: event_time?.feature ?? null, header: event_time?.header ?? null },
    key: key ?? null,
    timeoutMs: timeout === undefined ? null : parseDuration(timeout),
    workers: workers ?? null,
  };
}

function toSpec({ prediction, eventTime, key, timeoutMs, workers }: Declaration): Spec {
  const { feature, header } = eventTime;
  return {
    prediction: prediction && { kind: prediction.kind, column: prediction.column, threshold: prediction.threshold },
    event_time: feature === null && header === null ? null : { feature, header },
    key,
    timeout: timeoutMs === null ? null : formatDuration(timeoutMs),
    workers,
  };
}

function toYaml(spec: Spec): Record<string, Json> {
  const inner = (value: Json): Json =>
    value !== null && typeof value === 'object' ? withoutNulls(value as Spec) : value;
  return Object.fromEntries(Object.entries(withoutNulls(spec)).map(([name, value]) => [name, inner(value)]));
}

async function effect({ db }: KindParts, { name, action }: Step): Promise<Effect> {
  if (action === 'create') {
    return { notes: [`no version answers there yet: bucle endpoints deploy ${name} MODEL/VERSION`], refused: null };
  }
  const endpoint = await findEndpoint(db.read, name);
  const shares = Object.entries(endpoint?.traffic ?? {}).filter(([, share]) => share > 0);
  if (shares.length === 0) return { notes: ['no version has traffic there'], refused: null };
  const versions = new Map((await listDeployments(db.read, name)).map(({ id, version }) => [id, versionRef(version)]));
  const traffic = shares.map(([id, share]) => `${versions.get(id) ?? id} ${share} %`).join(', ');
  if (action === 'change') {
    return {
      notes: [`it has traffic (${traffic}); no answer changes, what is read from the answers does`],
      refused: null,
    };
  }
  return {
    notes: [`callers get no answer any more, and its deployments are retired (${traffic})`],
    refused: `the endpoint ${name} has traffic (${traffic})`,
  };
}

import { type Static, Type } from 'typebox';
import type { Context } from '../../context.ts';
import type { App } from '../../platform/http/create-http.ts';
import { declareGate, removeGate } from './declare-gate.ts';
import { evaluateErrors } from './errors.ts';
import { GateDeclaration, GatePage, GateParams, NamedGate } from './gate.schema.ts';
import { findGate, listGates } from './gate.store.ts';
import type { DeclaredGate } from './gate.ts';

const tags = ['decisions'];

export function gateRoutes(app: App, parts: Pick<Context, 'db' | 'clock'>): void {
  const find = async (name: string) => {
    const gate = await findGate(parts.db.read, name);
    if (!gate) throw evaluateErrors.GATE_NOT_FOUND({ gate: name });
    return toResponse(gate);
  };
  app.get('/api/v1/gates', { schema: { tags, operationId: 'listGates', response: { 200: GatePage } } }, async () => ({
    gates: (await listGates(parts.db.read)).map(toResponse),
  }));
  app.get(
    '/api/v1/gates/:name',
    { schema: { tags, operationId: 'getGate', params: GateParams, response: { 200: NamedGate } } },
    ({ params }) => find(params.name),
  );
  app.put(
    '/api/v1/gates/:name',
    {
      schema: {
        tags,
        operationId: 'declareGate',
        summary: 'Declares the rules by which a candidate replaces a champion; what is left out has its default.',
        params: GateParams,
        body: GateDeclaration,
        response: { 200: NamedGate },
      },
    },
    async ({ params: { name }, body, principal, id }) => {
      await declareGate(parts, { name, gate: body, actor: principal.name, cause: `request:${id}` });
      return find(name);
    },
  );
  app.delete(
    '/api/v1/gates/:name',
    {
      schema: {
        tags,
        operationId: 'removeGate',
        summary: 'Takes the gate away; decisions that were made by it keep their copy.',
        params: GateParams,
        response: { 204: Type.Null() },
      },
    },
    async ({ params: { name }, principal, id }, reply) => {
      const removed = await removeGate(parts, { name, actor: principal.name, cause: `request:${id}` });
      if (!removed) throw evaluateErrors.GATE_NOT_FOUND({ gate: name });
      return reply.code(204).send(null);
    },
  );
}

function toResponse({ name, gate, revision, changedAt, changedBy }: DeclaredGate): Static<typeof NamedGate> {
  return { name, ...gate, revision, changed_at: changedAt, changed_by: changedBy };
}

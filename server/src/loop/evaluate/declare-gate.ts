import type { Context } from '../../context.ts';
import { appendEvent } from '../../platform/events/event.store.ts';
import type { Gate, GateDeclaration } from './gate.schema.ts';
import { deleteGate, findGate, writeGate } from './gate.store.ts';
import { gateRef, toGate } from './gate.ts';

type Parts = Pick<Context, 'db' | 'clock'>;

interface Because {
  readonly actor: string;
  /** Event or request that led to it. */
  readonly cause: string | null;
}

/** Decisions keep a copy of the gate that they were made by. The same again changes nothing. */
export async function declareGate(
  parts: Parts,
  { name, gate: declaration, actor, cause }: Because & { readonly name: string; readonly gate: GateDeclaration },
): Promise<{ readonly changed: boolean }> {
  const gate = toGate(declaration);
  return parts.db.transaction(async (trx) => {
    await parts.db.lock(trx, gateRef(name));
    const present = await findGate(trx, name);
    if (present && isSame(present.gate, gate)) return { changed: false };
    const revision = (present?.revision ?? 0) + 1;
    await writeGate(trx, { name, gate, revision, changedAt: parts.clock.now(), changedBy: actor });
    const data = { revision, ...gate };
    await appendEvent(trx, parts, { type: 'gate.declared', subject: gateRef(name), actor, cause, data });
    return { changed: true };
  });
}

/** False when there was none. Decisions that were made by it stay as they are. */
export async function removeGate(
  parts: Parts,
  { name, actor, cause }: Because & { readonly name: string },
): Promise<boolean> {
  return parts.db.transaction(async (trx) => {
    if (!(await deleteGate(trx, name))) return false;
    await appendEvent(trx, parts, { type: 'gate.removed', subject: gateRef(name), actor, cause });
    return true;
  });
}

function isSame(a: Gate, b: Gate): boolean {
  const sorted = (gate: Gate) => JSON.stringify(Object.entries(gate).sort(([x], [y]) => (x < y ? -1 : 1)));
  return sorted(a) === sorted(b);
}

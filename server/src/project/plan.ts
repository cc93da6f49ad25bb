import { createHash } from 'node:crypto';
import { compareSpecs, type FieldChange } from './compare-specs.ts';
import { type Code, type Kind, type KindParts, type LiveObject, noEffect, type Spec, type Step } from './kind.ts';
import { kinds } from './kinds/index.ts';
import { findLastChange, listOwned, type OwnedObject } from './project.store.ts';
import type { ProjectFile } from './project-file.schema.ts';

/** `keep` and `take over` change nothing live; `release`: it is not ours any more, and stays. */
export type Action = 'create' | 'change' | 'remove' | 'release' | 'keep' | 'take over' | 'forget';

export interface Drift {
  readonly by: string | null;
  readonly at: number | null;
  /** From what was applied last to what is live. */
  readonly fields: readonly FieldChange[];
  readonly removed: boolean;
}

export interface PlannedChange {
  readonly kind: Kind;
  readonly name: string;
  /** `monitor/flights` */
  readonly ref: string;
  readonly action: Action;
  readonly fields: readonly FieldChange[];
  readonly notes: readonly string[];
  /** Why it is not done; null: nothing is in the way. */
  readonly refused: string | null;
  /** True when it is done after all once traffic loss is allowed. */
  readonly allowable: boolean;
  readonly drift: Drift | null;
  readonly desired: Spec | null;
  readonly live: Spec | null;
  readonly owned: OwnedObject | null;
}

export interface Plan {
  /** Hash of what is wanted and what was seen. */
  readonly id: string;
  readonly project: string;
  /** In the order in which they are done. */
  readonly changes: readonly PlannedChange[];
}

export interface Observed {
  readonly live: ReadonlyMap<Kind, ReadonlyMap<string, Spec>>;
  readonly owned: readonly OwnedObject[];
}

export async function observe({ db }: Pick<KindParts, 'db'>): Promise<Observed> {
  const live = new Map<Kind, ReadonlyMap<string, Spec>>();
  for (const kind of kinds) live.set(kind, byName(await kind.list(db.read)));
  return { live, owned: await listOwned(db.read) };
}

/** What has to happen so that what is live becomes what the file says. */
export async function makePlan(
  parts: KindParts,
  { file, code, observed }: { readonly file: ProjectFile; readonly code: Code | null; readonly observed: Observed },
): Promise<Plan> {
  const made: PlannedChange[] = [];
  const removed: PlannedChange[] = [];
  for (const kind of kinds) {
    const live = observed.live.get(kind) ?? new Map<string, Spec>();
    const desired = byName(kind.desired(file, code));
    const owned = new Map(observed.owned.filter((one) => one.kind === kind.noun).map((one) => [one.name, one]));
    const ours = [...owned.values()].filter(({ project }) => project === file.project).map(({ name }) => name);
    for (const name of new Set([...desired.keys(), ...ours])) {
      const thing = { name, desired: desired.get(name) ?? null, live: live.get(name) ?? null };
      const change = await planOne(parts, kind, { ...thing, owned: owned.get(name) ?? null, project: file.project });
      (thing.desired === null ? removed : made).push(change);
    }
  }
  // Whatever needs another thing goes before it.
  const changes = [...made, ...removed.reverse()];
  return { id: planId(file.project, changes), project: file.project, changes };
}

interface Thing {
  readonly name: string;
  readonly desired: Spec | null;
  readonly live: Spec | null;
  readonly owned: OwnedObject | null;
  readonly project: string;
}

async function planOne(parts: KindParts, kind: Kind, thing: Thing): Promise<PlannedChange> {
  const { name, live, owned, project } = thing;
  // Without code of its own, a job keeps what it has.
  const desired = thing.desired && keepCode(thing.desired, live);
  const action = actionFor({ ...thing, desired });
  const step: Step | null = isStep(action) ? { name, action, from: live, to: desired } : null;
  const effect = step && kind.effect ? await kind.effect(parts, step) : noEffect;
  const foreign = owned && owned.project !== project ? owned.project : null;
  const ref = `${kind.noun}/${name}`;
  const fields = action === 'change' || action === 'create' ? compareSpecs(live, desired) : [];
  return {
    ...{ kind, name, ref, action, desired, live, owned },
    fields: fields.filter(({ field }) => field !== 'code'),
    notes: action === 'release' ? ['it stays: it was there before this project'] : effect.notes,
    refused: foreign === null ? effect.refused : `${ref} belongs to the project ${foreign}`,
    allowable: foreign === null,
    drift: foreign === null ? await findDrift(parts, kind, thing) : null,
  };
}

function actionFor({ desired, live, owned }: Omit<Thing, 'name'>): Action {
  if (desired === null) {
    if (live === null) return 'forget';
    return owned?.made ? 'remove' : 'release';
  }
  if (live === null) return 'create';
  if (!isSame(live, desired)) return 'change';
  return owned?.applied && isSame(owned.applied, desired) ? 'keep' : 'take over';
}

function isStep(action: Action): action is Step['action'] {
  return action === 'create' || action === 'change' || action === 'remove';
}

/** What others changed since the last apply. */
async function findDrift({ db }: KindParts, kind: Kind, { name, live, owned }: Thing): Promise<Drift | null> {
  if (!owned?.applied || (live && isSame(live, owned.applied))) return null;
  const last = await findLastChange(db.read, { subject: kind.subject(name), types: kind.events });
  const fields = live === null ? [] : compareSpecs(owned.applied, live);
  return { by: last?.actor ?? null, at: last?.at ?? null, fields, removed: live === null };
}

function keepCode(desired: Spec, live: Spec | null): Spec {
  return desired['code'] === null && live?.['code'] ? { ...desired, code: live['code'] } : desired;
}

/** Specs are built with their members in one order. */
export function isSame(a: Spec, b: Spec): boolean {
  return a === b || compareSpecs(a, b).length === 0;
}

function byName(objects: readonly LiveObject[]): Map<string, Spec> {
  return new Map(objects.map(({ name, spec }) => [name, spec]));
}

function planId(project: string, changes: readonly PlannedChange[]): string {
  const seen = changes.map(({ ref, desired, live, owned }) => [ref, desired, live, owned?.applied ?? null]);
  return createHash('sha256')
    .update(JSON.stringify([project, seen]))
    .digest('hex')
    .slice(0, 16);
}

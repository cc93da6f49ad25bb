import type { Context } from '../context.ts';
import type { Db } from '../database.ts';
import type { Section } from './check-references.ts';
import type { ProjectFile } from './project-file.schema.ts';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/** All that is declared of one thing, in the words of bucle.yaml: each member is there, null when nothing is said. */
export type Spec = Readonly<Record<string, Json>>;

export interface LiveObject {
  readonly name: string;
  readonly spec: Spec;
}

/** The code that jobs of this file run: a committed snapshot, and where it came from. */
export interface Code {
  readonly snapshot: string;
  readonly git: {
    readonly sha: string;
    readonly branch: string | null;
    readonly dirty: boolean;
    readonly diff: string | null;
  } | null;
}

export type KindParts = Pick<Context, 'db' | 'blobs' | 'jobs' | 'clock'>;

export interface Declaring {
  readonly name: string;
  readonly spec: Spec;
  readonly code: Code | null;
  readonly actor: string;
  readonly cause: string | null;
}

/** What is about to happen to one thing. */
export interface Step {
  readonly name: string;
  readonly action: 'create' | 'change' | 'remove';
  readonly from: Spec | null;
  readonly to: Spec | null;
}

export interface Effect {
  /** What a person should know before. */
  readonly notes: readonly string[];
  /** Why it is not done unless it is allowed by name; null: nothing is in the way. */
  readonly refused: string | null;
}

/** One section of bucle.yaml, over the door of its stage. */
export interface Kind {
  readonly section: Section;
  /** `dataset`: also the first part of `dataset/flights` in a plan. */
  readonly noun: string;
  /** Its events: who changed it is read from them. */
  subject(name: string): string;
  readonly events: readonly string[];
  list(db: Db): Promise<readonly LiveObject[]>;
  /** What a file says of it, defaults filled in. */
  desired(file: ProjectFile, code: Code | null): readonly LiveObject[];
  declare(parts: KindParts, declaring: Declaring): Promise<unknown>;
  /** Takes the declaration away; data and models stay. */
  remove(parts: KindParts, removing: Omit<Declaring, 'spec' | 'code'>): Promise<unknown>;
  /** As it stands in a file: without what is absent or as by default. */
  toYaml(spec: Spec): Readonly<Record<string, Json>>;
  effect?(parts: KindParts, step: Step): Promise<Effect>;
}

export const noEffect: Effect = { notes: [], refused: null };

/** The members that say something. */
export function withoutNulls(spec: Spec): Record<string, Json> {
  return Object.fromEntries(Object.entries(spec).filter(([, value]) => value !== null));
}

/** The members that differ from what is meant when nothing is said. */
export function withoutDefaults(spec: Spec, defaults: Spec): Record<string, Json> {
  const said = Object.entries(withoutNulls(spec));
  return Object.fromEntries(said.filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(defaults[name])));
}

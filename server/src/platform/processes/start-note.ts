import { rm } from 'node:fs/promises';
import { readJson, writeDurably } from './durable-file.ts';
import { isSameProcess, ownIdentity, type ProcessIdentity } from './identity.ts';

/** How the start of a process went, in its own words. */
export type StartOutcome =
  | { readonly kind: 'ready'; readonly url: string; readonly settings: string }
  | { readonly kind: 'refused'; readonly message: string; readonly next: string | null };

interface StartNote {
  readonly identity: ProcessIdentity;
  readonly outcome: StartOutcome;
}

const VARIABLE = 'BUCLE_START_NOTE';

/** What tells a process where to leave its note. */
export function startNoteEnvironment(path: string): Record<string, string> {
  return { [VARIABLE]: path };
}

/** Tells whoever started this process how the start went; does nothing when nobody asked. */
export async function noteStart(
  env: Readonly<Record<string, string | undefined>>,
  outcome: StartOutcome,
): Promise<void> {
  const path = env[VARIABLE];
  if (path === undefined || path === '') return;
  await writeDurably(path, JSON.stringify({ identity: ownIdentity(), outcome } satisfies StartNote));
}

/** The note that this very process left; `null` when it has not come so far. */
export async function readStartNote(path: string, identity: ProcessIdentity): Promise<StartOutcome | null> {
  const note = await readJson<StartNote>(path);
  return note !== null && isSameProcess(note.identity, identity) ? note.outcome : null;
}

/** The same for a process that is gone, of which only its number is known. */
export async function readNoteOf(path: string, pid: number): Promise<StartOutcome | null> {
  const note = await readJson<StartNote>(path);
  return note?.identity.pid === pid ? note.outcome : null;
}

export async function clearStartNote(path: string): Promise<void> {
  await rm(path, { force: true });
}

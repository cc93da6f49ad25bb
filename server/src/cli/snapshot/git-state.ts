import { findInText } from './find-secrets.ts';
import { git, gitPaths } from './git.ts';
import type { IsLeftOut } from './ignore-rules.ts';

export interface GitState {
  readonly sha: string;
  /** Null when no branch is checked out. */
  readonly branch: string | null;
  /** True when the snapshot differs from the commit. */
  readonly dirty: boolean;
  /** What changed against the commit, for people; the snapshot itself has every file. */
  readonly diff: string | null;
  /** Why there is no diff although something changed. */
  readonly diffProblem: string | null;
}

const MAX_DIFF = 4 * 1024 * 1024;
/** Bytes of names that fit into one command line everywhere. */
const MAX_NAMES = 100_000;

/** Commit, branch and changes of what is in the snapshot; null before the first commit. */
export async function readGitState(
  root: string,
  { isLeftOut, untracked }: { readonly isLeftOut: IsLeftOut; readonly untracked: readonly string[] },
  signal: AbortSignal,
): Promise<GitState | null> {
  const head = await git(root, ['rev-parse', '--verify', '-q', 'HEAD'], signal);
  if (head.code !== 0) return null;
  const branch = await git(root, ['symbolic-ref', '--short', '-q', 'HEAD'], signal);
  const names = await gitPaths(root, ['diff', 'HEAD', '--name-only', '-z', '--relative', '--no-renames'], signal);
  const changed = names.filter((path) => !isLeftOut(path));
  return {
    sha: head.stdout.trim(),
    branch: branch.code === 0 ? branch.stdout.trim() : null,
    dirty: changed.length + untracked.length > 0,
    ...(await readDiff(root, changed, signal)),
  };
}

async function readDiff(
  root: string,
  changed: readonly string[],
  signal: AbortSignal,
): Promise<Pick<GitState, 'diff' | 'diffProblem'>> {
  const without = (diffProblem: string) => ({ diff: null, diffProblem });
  if (changed.length === 0) return { diff: null, diffProblem: null };
  if (Buffer.byteLength(changed.join(' ')) > MAX_NAMES) return without('too many files changed');
  const flags = ['--relative', '--no-renames', '--no-ext-diff', '--no-textconv', '--no-color'];
  const { code, stdout } = await git(
    root,
    ['--literal-pathspecs', 'diff', 'HEAD', ...flags, '--', ...changed],
    signal,
    MAX_DIFF + 1,
  );
  if (code !== 0) return without('git diff failed');
  if (stdout.length > MAX_DIFF) return without('it is too large');
  // Lines that were taken out show up here: a secret may be gone from the file, and still be in its diff.
  const [finding] = stdout.split(/^(?=diff --git )/m).flatMap((part) => findInText('the diff', Buffer.from(part)));
  return finding ? without(`it shows what looks like ${finding.meaning}`) : { diff: stdout, diffProblem: null };
}

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type RunResult, run } from '../../platform/processes/run.ts';
import { snapshotErrors } from './errors.ts';

/** Characters of output: the paths of 50,000 files fit. */
const KEEP = 64 * 1024 * 1024;

/** Runs git in a folder, without touching the repository. @throws when git is not installed */
export function git(folder: string, args: readonly string[], signal: AbortSignal, keep = KEEP): Promise<RunResult> {
  return run('git', ['--no-optional-locks', ...args], { cwd: folder, signal, keep });
}

/** Paths that a command of git prints with `-z`. @throws CLI_GIT_FAILED */
export async function gitPaths(folder: string, args: readonly string[], signal: AbortSignal): Promise<string[]> {
  const { code, stdout, stderr } = await git(folder, args, signal);
  if (code !== 0) {
    throw snapshotErrors.GIT_FAILED({ command: args[0] ?? '', reason: stderr.trim() || `exit code ${code}`, folder });
  }
  return stdout.split('\0').filter((path) => path !== '');
}

export type Worktree = 'none' | 'usable' | { readonly problem: string };

/** Whether git can tell what belongs to a folder: not where it is ignored itself, or git refuses. */
export async function findWorktree(folder: string, signal: AbortSignal): Promise<Worktree> {
  if (!isBelowGit(folder)) return 'none';
  try {
    const inside = await git(folder, ['rev-parse', '--is-inside-work-tree'], signal);
    if (inside.code !== 0) return { problem: inside.stderr.trim().split('\n')[0] ?? 'git failed' };
    const ignored = await git(folder, ['check-ignore', '-q', '.'], signal);
    return inside.stdout.trim() === 'true' && ignored.code !== 0 ? 'usable' : 'none';
  } catch (error) {
    signal.throwIfAborted();
    return { problem: (error as Error).message };
  }
}

function isBelowGit(folder: string): boolean {
  if (existsSync(join(folder, '.git'))) return true;
  const parent = dirname(folder);
  return parent !== folder && isBelowGit(parent);
}

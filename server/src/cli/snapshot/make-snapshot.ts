import { hash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import type { Io } from '../command.ts';
import { formatBytes, plural } from '../data/format.ts';
import { startProgress } from '../data/progress.ts';
import { snapshotErrors } from './errors.ts';
import { describeFinding, type Finding } from './find-secrets.ts';
import { findWorktree } from './git.ts';
import { type GitState, readGitState } from './git-state.ts';
import { type IsLeftOut, loadIgnoreRules } from './ignore-rules.ts';
import { checkLimits, describeLargeProject, totalSize } from './limits.ts';
import { listGitFiles, walkProject } from './list-files.ts';
import { type FoundFile, readOne, type SnapshotFile, statFiles } from './read-files.ts';
import { sendSnapshot } from './send-snapshot.ts';

export interface Project {
  /** Absolute. */
  readonly root: string;
  /** Paths below it that are no secrets, whatever they look like. */
  readonly allowed: ReadonlySet<string>;
  /** Paths below it that are no code. */
  readonly leftOut?: ReadonlySet<string>;
}

export interface MadeSnapshot {
  readonly id: string;
  /** As a job takes it; null without a repository, or before its first commit. */
  readonly git: { sha: string; branch: string | null; dirty: boolean; diff: string | null } | null;
}

/**
 * Stores the files of a project as they are on disk: tracked and untracked, committed or not; without what git or
 * `.bucleignore` ignore. @throws CLI_SECRETS, CLI_TOO_LARGE and the others of this folder, before anything is sent
 */
export async function makeSnapshot(io: Io, project: Project): Promise<MadeSnapshot> {
  const { files, git } = await readProject(io, project);
  const diff = git?.diff == null ? null : diffFile(git.diff);
  const sent = await sendSnapshot(io, files, diff === null ? [] : [diff]);
  const news = sent.newFiles === 0 ? 'all stored already' : `${formatBytes(sent.newBytes)} of it new`;
  io.note(
    `Snapshot ${sent.id.slice(0, 12)}: ${plural(files.length, 'file')}, ${formatBytes(totalSize(files))}; ${news}.`,
  );
  if (git === null) return { id: sent.id, git: null };
  const { sha, branch, dirty } = git;
  return { id: sent.id, git: { sha, branch, dirty, diff: diff?.sha256 ?? null } };
}

export interface ReadProject {
  readonly files: readonly SnapshotFile[];
  readonly git: GitState | null;
}

/** What a snapshot would hold, all rules applied; sends nothing. */
export async function readProject(
  io: Pick<Io, 'config' | 'json' | 'note' | 'signal' | 'stderr'>,
  { root, allowed, leftOut }: Project,
): Promise<ReadProject> {
  if (!(await stat(root).catch(() => null))?.isDirectory()) throw snapshotErrors.NO_PROJECT({ path: root });
  const rules = await loadIgnoreRules(root, io.config.dataDir);
  const isLeftOut: IsLeftOut = (path) => leftOut?.has(path) === true || rules(path);
  const { paths, git } = await listProject(io, root, isLeftOut);
  const found = await statFiles(root, paths);
  checkLimits(found);
  for (const line of describeLargeProject(found)) io.note(line);
  const files = await readFiles(io, found, allowed);
  if (git?.diffProblem) io.note(`The diff against the commit is not stored: ${git.diffProblem}.`);
  return { files, git };
}

async function listProject(io: Pick<Io, 'note' | 'signal'>, root: string, isLeftOut: IsLeftOut) {
  const { signal } = io;
  const worktree = await findWorktree(root, signal);
  if (worktree === 'usable') {
    const { paths, untracked } = await listGitFiles(root, isLeftOut, signal);
    return { paths, git: await readGitState(root, { isLeftOut, untracked }, signal) };
  }
  if (worktree !== 'none') io.note(`Without git (${worktree.problem}) all files are taken, also those of .gitignore.`);
  return { paths: await walkProject(root, isLeftOut), git: null };
}

async function readFiles(
  io: Pick<Io, 'json' | 'signal' | 'stderr'>,
  found: readonly FoundFile[],
  allowed: ReadonlySet<string>,
): Promise<SnapshotFile[]> {
  const progress = startProgress(io, 'reading', totalSize(found));
  const files: SnapshotFile[] = [];
  const findings: Finding[] = [];
  try {
    for (const one of found) {
      io.signal.throwIfAborted();
      const read = await readOne(one);
      files.push(read.file);
      if (!allowed.has(one.path)) findings.push(...read.findings);
      progress.add(one.size);
    }
  } finally {
    progress.end();
  }
  refuseSecrets(findings);
  return files;
}

function refuseSecrets(findings: readonly Finding[]): void {
  const [first] = findings;
  if (!first) return;
  const paths = new Set(findings.map(({ path }) => path));
  const count = paths.size === 1 ? 'What looks like a secret' : `${paths.size} files with what looks like secrets`;
  throw snapshotErrors.SECRETS({ count, list: findings.map(describeFinding).join('\n'), example: first.path });
}

function diffFile(diff: string): SnapshotFile {
  const source = Buffer.from(diff);
  return { path: 'the diff', mode: 'file', sha256: hash('sha256', source), size: source.length, source };
}

/** What an environment is built from. */
export type Lock =
  /** A uv project: `uv.lock` and `pyproject.toml` in this folder. */
  | { readonly kind: 'uv.lock'; readonly folder: string }
  /** A requirements file, pinned or not; files that it includes lie in `root` (default: its own folder). */
  | { readonly kind: 'requirements'; readonly file: string; readonly root?: string };

export interface EnvironmentSpec {
  /** Folder of all environments. */
  readonly root: string;
  /** Interpreter that the environment is made from. */
  readonly python: string;
  readonly lock: Lock;
  /** Requirement lines to install besides. */
  readonly extra?: readonly string[];
  /** Whatever else the packages depend on, such as the tree that a local path in the lock points into. */
  readonly salt?: string;
  /** What happens, a line at a time, for a person. */
  readonly onLine?: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** A virtual environment on this machine, whole. */
export interface Environment {
  /** SHA-256 over interpreter, platform, lock and extras: equal means interchangeable. */
  readonly id: string;
  readonly path: string;
  /** Its interpreter. */
  readonly python: string;
  /** SHA-256 of the lock files. */
  readonly lockDigest: string;
  readonly pythonVersion: string;
  readonly platform: string;
  /** Installed packages, name → version. */
  readonly packages: Readonly<Record<string, string>>;
}

import { posix } from 'node:path';

/** Where a version's files come from, as its client named it; read without asking anybody. */
export type Source =
  | { readonly kind: 'logged-model'; readonly modelId: string }
  | { readonly kind: 'version'; readonly name: string; readonly at: VersionPointer }
  | { readonly kind: 'run'; readonly run: string; readonly path: string }
  /** Below this server's artifacts. */
  | { readonly kind: 'artifacts' }
  /** Storage somewhere else; Bucle keeps the address and never opens it. */
  | { readonly kind: 'remote' }
  /** A file of some machine. */
  | { readonly kind: 'local' }
  /** Names a server to connect to: refused. */
  | { readonly kind: 'host'; readonly scheme: string }
  /** `models://other-registry/…`: refused. */
  | { readonly kind: 'other-registry' }
  /** Tries to leave its folder, or names none: refused. */
  | { readonly kind: 'relative' }
  /** `runs:` or `models:` that say no run, model or version: refused. */
  | { readonly kind: 'unreadable'; readonly parameter: 'run_id' | 'model_id' };

export type VersionPointer =
  | { readonly number: number }
  | { readonly alias: string }
  | { readonly stage: string }
  | { readonly latest: true };

/** What MLflow's clients send as the source of a prompt, which has no files. */
const promptSources: readonly string[] = ['dummy-source', 'prompt-template'];

/** Schemes whose addresses say which host to ask. */
const hostSchemes = new Set(['ftp', 'sftp', 'hdfs', 'viewfs', 'http', 'https', 'r2', 'b2', 'abfss']);

export function isPromptSource(source: string): boolean {
  return promptSources.includes(source);
}

export function readSource(source: string): Source {
  const { scheme, authority, path } = split(source);
  if (hostSchemes.has(scheme) || (scheme === 'mlflow-artifacts' && authority !== '')) return { kind: 'host', scheme };
  if (scheme === '' || scheme === 'file') return { kind: hasNul(source) ? 'relative' : 'local' };
  const named = scheme === 'models' ? readModels(authority, path) : null;
  // A name of a model may hold dots and percent signs; it is looked up, never opened.
  if (named !== null && named.kind !== 'logged-model') return named;
  if (isRelative(source)) return { kind: 'relative' };
  if (named !== null) return named;
  if (scheme === 'runs') return readRuns(authority, path);
  return { kind: scheme === 'mlflow-artifacts' ? 'artifacts' : 'remote' };
}

/** True when an address is `root`, or lies below it. */
export function isWithin(source: string, root: string): boolean {
  const [inner, outer] = [placeOf(source), placeOf(root)];
  if (inner === null || outer === null || outer.parts.length === 0) return false;
  return inner.origin === outer.origin && outer.parts.every((part, i) => inner.parts[i] === part);
}

/** True for a path, and for an address of a file. */
export function isLocal(address: string): boolean {
  return ['', 'file'].includes(split(address).scheme);
}

function readModels(authority: string, path: string): Source {
  if (authority !== '') return { kind: 'other-registry' };
  const unreadable = { kind: 'unreadable', parameter: 'model_id' } as const;
  const [first = '', second, ...more] = path.replace(/^\/+/, '').split('/');
  if (!path.startsWith('/') || first.trim() === '' || more.length > 0) return unreadable;
  if (second !== undefined) {
    if (second.trim() === '') return unreadable;
    if (/^\d{1,15}$/.test(second)) return { kind: 'version', name: first, at: { number: Number(second) } };
    return {
      kind: 'version',
      name: first,
      at: second.toLowerCase() === 'latest' ? { latest: true } : { stage: second },
    };
  }
  const at = first.lastIndexOf('@');
  if (at < 0) return { kind: 'logged-model', modelId: first };
  const alias = first.slice(at + 1);
  if (alias.trim() === '') return unreadable;
  return { kind: 'version', name: first.slice(0, at), at: { alias } };
}

function readRuns(authority: string, path: string): Source {
  const [, run = '', inside = ''] = /^\/+([^/]+)(?:\/+(.*?))?\/*$/.exec(path) ?? [];
  return run === '' || authority !== ''
    ? { kind: 'unreadable', parameter: 'run_id' }
    : { kind: 'run', run, path: inside };
}

/** `..` in any encoding and behind any separator, a part `.`, NUL, or no absolute path at all. */
function isRelative(source: string): boolean {
  const decoded = decodeFully(source);
  if (decoded === null || decoded.includes('\0') || decoded.split(/[/\\?#;=&]/).includes('..')) return true;
  const { path } = split(decoded);
  return !path.startsWith('/') || path.replaceAll('/', '') === '' || path.split('/').includes('.');
}

function hasNul(source: string): boolean {
  return decodeFully(source)?.includes('\0') ?? true;
}

/** As a URL is cut: without its query and fragment. */
function split(address: string): { readonly scheme: string; readonly authority: string; readonly path: string } {
  const [, scheme = '', rest = ''] = /^(?:([a-z][a-z0-9+.-]*):)?(.*)$/is.exec(address.trimStart()) ?? [];
  const [, authority = '', path = ''] = /^(?:\/\/([^/?#]*))?([^?#]*)/.exec(rest) ?? [];
  return { scheme: scheme.toLowerCase(), authority, path };
}

/** `null` for what is no valid text under percent-encoding. */
function decodeFully(text: string): string | null {
  let decoded = text;
  // Each round shortens the text, so that this ends.
  for (;;) {
    let next: string;
    try {
      next = decodeURIComponent(decoded.replace(/%(?![0-9a-f]{2})/gi, '%25'));
    } catch {
      return null;
    }
    if (next.length >= decoded.length) return decoded;
    decoded = next;
  }
}

/** A path and the address of the same file are one place. `null`: it cannot be told, or leaves its folder. */
function placeOf(address: string): { readonly origin: string; readonly parts: readonly string[] } | null {
  const { scheme, authority, path } = split(address);
  const local = scheme === '' || scheme === 'file';
  const decoded = scheme === '' ? path : decodeFully(path);
  if (decoded === null || !decoded.startsWith('/') || decoded.split('/').includes('..')) return null;
  const origin = local && ['', 'localhost'].includes(authority) ? 'file://' : `${scheme}://${authority}`.toLowerCase();
  const parts = posix.normalize(decoded).split('/');
  return { origin, parts: parts.filter((part) => part !== '') };
}

/** Where a version's files come from, as its client named it; read without asking anybody. */
export type Source =
  | { readonly kind: 'logged-model'; readonly modelId: string }
  | { readonly kind: 'version'; readonly reference: string }
  | { readonly kind: 'run'; readonly run: string; readonly path: string }
  /** Below this server's artifacts. */
  | { readonly kind: 'artifacts' }
  /** Somewhere else; Bucle keeps the address and never opens it. */
  | { readonly kind: 'remote' }
  /** A file of some machine: refused. */
  | { readonly kind: 'local' }
  /** Tries to leave its folder: refused. */
  | { readonly kind: 'relative' }
  | { readonly kind: 'invalid' };

/** What MLflow's clients send as the source of a prompt, which has no files. */
const promptSources: readonly string[] = ['dummy-source', 'prompt-template'];

const MODEL_ID = 'm-[0-9a-f]{32}';
const RUN_ID = '[0-9a-f]{32}';

export function isPromptSource(source: string): boolean {
  return promptSources.includes(source);
}

export function readSource(source: string): Source {
  const decoded = decodeFully(source);
  if (decoded === null || decoded.includes('\0')) return { kind: 'invalid' };
  const scheme = /^\s*([a-z][a-z0-9+.-]+):/i.exec(decoded)?.[1]?.toLowerCase();
  if (scheme === undefined || scheme === 'file') return { kind: 'local' };
  if (decoded.split(/[/\\?#;=&]/).includes('..')) return { kind: 'relative' };
  switch (scheme) {
    case 'models':
      return readModelsSource(source);
    case 'runs':
      return readRunsSource(source);
    case 'mlflow-artifacts':
      return /^mlflow-artifacts:\/{1,3}[^/]/i.test(source) ? { kind: 'artifacts' } : { kind: 'invalid' };
    default:
      return /^[a-z][a-z0-9+.-]+:\/\/[^/\s]/i.test(source) || scheme === 'dbfs' || scheme === 'hdfs'
        ? { kind: 'remote' }
        : { kind: 'invalid' };
  }
}

/** Which logged model or run a path below the artifacts belongs to, by its form. */
export function ownerInPath(source: string): { readonly modelId: string | null; readonly run: string | null } {
  return {
    modelId: new RegExp(`/models/(${MODEL_ID})/artifacts(?:/|$)`).exec(source)?.[1] ?? null,
    run: new RegExp(`/(${RUN_ID})/artifacts(?:/|$)`).exec(source)?.[1] ?? null,
  };
}

/** True when an address is `root`, or lies below it. */
export function isWithin(source: string, root: string): boolean {
  const [inner, outer] = [partsOf(source), partsOf(root)];
  return inner.origin === outer.origin && outer.path.every((part, i) => inner.path[i] === part);
}

function readModelsSource(source: string): Source {
  const modelId = new RegExp(`^models:/(${MODEL_ID})/?$`, 'i').exec(source)?.[1];
  if (modelId !== undefined) return { kind: 'logged-model', modelId: modelId.toLowerCase() };
  const reference = /^models:\/([^/].*)$/i.exec(source)?.[1];
  return reference === undefined ? { kind: 'invalid' } : { kind: 'version', reference: decodeFully(reference) ?? '' };
}

function readRunsSource(source: string): Source {
  const [, run = '', path = ''] = new RegExp(`^runs:/(${RUN_ID})/([^?#]+?)/*$`, 'i').exec(source) ?? [];
  return path === '' ? { kind: 'invalid' } : { kind: 'run', run: run.toLowerCase(), path: decodeFully(path) ?? '' };
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

function partsOf(address: string): { origin: string; path: readonly string[] } {
  const [, scheme = '', authority = '', path = ''] = /^([a-z][a-z0-9+.-]+):(?:\/\/([^/]*))?(.*)$/i.exec(address) ?? [];
  return {
    origin: `${scheme}://${authority}`.toLowerCase(),
    path: (decodeFully(path) ?? '').split('/').filter((part) => part !== ''),
  };
}

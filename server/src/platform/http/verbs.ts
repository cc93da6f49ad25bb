import type { FastifyInstance } from 'fastify';

declare module 'fastify' {
  interface FastifyInstance {
    /** The methods that some route has for this path, in order; none where no route answers it. */
    verbsOf(path: string): readonly string[];
  }
}

/** Remembers what routes there are, so that a wrong verb can be told from a wrong path. Paths that end in `/*` answer for all and don't count. */
export function noteVerbs(app: FastifyInstance): void {
  const routes = new Map<string, { readonly parts: readonly string[]; readonly verbs: Set<string> }>();
  app.addHook('onRoute', ({ url, method }) => {
    if (/^\/(ajax-)?api\/[23]\.0\/\*$/.test(url)) return;
    const known = routes.get(url) ?? { parts: url.split('/'), verbs: new Set<string>() };
    for (const verb of [method].flat()) known.verbs.add(verb);
    routes.set(url, known);
  });
  app.decorate('verbsOf', (path: string) => {
    const parts = path.split('/');
    const verbs = [...routes.values()].filter((route) => fits(route.parts, parts)).flatMap((route) => [...route.verbs]);
    return [...new Set(verbs)].sort();
  });
}

function fits(pattern: readonly string[], parts: readonly string[]): boolean {
  const star = pattern.indexOf('*');
  if (star < 0 ? pattern.length !== parts.length : parts.length <= star) return false;
  return pattern.every(
    (part, index) => part === '*' || (star >= 0 && index > star) || part.startsWith(':') || part === parts[index],
  );
}

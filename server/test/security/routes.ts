export interface Route {
  readonly method: string;
  readonly path: string;
}

/** The tree that Fastify prints, as a list: what the router knows, nothing that a list of ours could forget. */
export function readRoutes(tree: string): Route[] {
  const found: Route[] = [];
  const parents: string[] = [];
  for (const line of tree.split('\n')) {
    const [, indent = '', part = '', methods = ''] =
      /^((?:[│ ] {3})*)[├└]── (\S*?)(?: \(([A-Z, ]+)\))?$/.exec(line) ?? [];
    parents.length = indent.length / 4;
    parents.push(part);
    for (const method of methods.split(', ').filter((name) => name !== ''))
      found.push({ method, path: parents.join('') });
  }
  return found;
}

/** The same path as somebody writes it who looks for a way around the check. */
export function oddForms(path: string): string[] {
  const plain = path.replaceAll(/:\w+|\*/g, 'x');
  return [plain, plain.toUpperCase(), `/${plain}`, `${plain}/`, `/ml${plain}`, plain.replace(/\/(?=[^/]*$)/, '//')];
}

import { fillPath } from '@bucle/client';
import { defineCommand, UsageError } from './command.ts';
import { withNext } from './with-next.ts';

interface Node {
  readonly id: string;
  readonly kind: string;
  readonly ref: string | null;
  readonly summary: string;
  readonly missing: string | null;
}

interface Edge {
  readonly from: string;
  readonly to: string;
  readonly relation: string;
}

interface Lineage {
  readonly ref: string;
  readonly nodes: readonly Node[];
  readonly edges: readonly Edge[];
}

export const command = defineCommand({
  summary: 'Show what something came out of, down to code, environment and data; or what came out of it.',
  usage:
    'REF [--down]   (prediction:ID.k, label:ID.k, deployment:ID, endpoint:NAME, version:NAME/N, model:m-…, run:ID, ' +
    'job:ID, dataset:NAME@N, decision:ID, rollout:ID, gate:NAME, monitor:ENDPOINT, window:ENDPOINT@START, alert:ID, ' +
    'policy:NAME, firing:ID)',
  options: { down: { type: 'boolean', meaning: 'Show what came out of it instead.' } },
  async run({ args, values }, io) {
    const [ref] = args;
    if (ref === undefined || args.length !== 1) throw new UsageError('lineage needs one REF, as prediction:ID.k.');
    const lineage = await withNext(
      nextOf(ref),
      io.client.request<Lineage>('GET', fillPath('/api/v1/lineage/{ref}', { ref }), {
        query: { direction: values.down === true ? 'down' : undefined },
        signal: io.signal,
      }),
    );
    if (io.json) io.printJson(lineage);
    else for (const line of treeLines(lineage)) io.print(line);
    return 0;
  },
});

function nextOf(ref: string): string {
  const list: Readonly<Record<string, string>> = {
    run: 'runs ls',
    job: 'jobs ls',
    model: 'runs show RUN',
    endpoint: 'endpoints ls',
    deployment: 'endpoints show NAME',
    decision: 'decisions ls',
    rollout: 'rollouts ls ENDPOINT',
    gate: 'gates ls',
    monitor: 'monitors ls',
    window: 'windows ls ENDPOINT',
    alert: 'alerts ls',
    policy: 'policies ls',
    firing: 'firings ls',
    prediction: 'predictions ls ENDPOINT',
    label: 'predictions ls ENDPOINT',
  };
  return `Find the whole id or name by \`bucle ${list[ref.split(':')[0] ?? ''] ?? 'status'}\`, in a pipe or with --json.`;
}

/** One line per node, what it came out of below it; what has several uses is spelled out once. */
function treeLines({ ref, nodes, edges }: Lineage): string[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const shown = new Set<string>();
  const lines: string[] = [];
  const visit = (id: string, indent: string, relation: string): void => {
    const node = byId.get(id);
    if (!node) return;
    const again = shown.has(id);
    lines.push(clean(`${indent}${relation}${describe(node, again)}`));
    if (again) return;
    shown.add(id);
    const below = indent === '' ? '  ' : `${indent}   `;
    for (const edge of edges) if (edge.from === id) visit(edge.to, below, `└ ${edge.relation} `);
  };
  visit(ref, '', '');
  return lines;
}

function describe({ ref, kind, summary, missing }: Node, again: boolean): string {
  const name = ref ?? kind;
  if (again) return `${name}  (see above)`;
  const facts = missing === null ? summary : [summary, `missing: ${missing}`].filter((part) => part !== '').join(' · ');
  return facts === '' ? name : `${name}  ${facts}`;
}

// Control characters in names must not move somebody's cursor.
function clean(line: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is removed
  return line.replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ');
}

import { bucle, bucleJson, type Place } from '../../../scripts/bucle-command.ts';
import type { Replayed } from './replay-year.ts';
import type { Story } from './story.ts';

interface Lineage {
  readonly nodes: readonly { readonly kind: string; readonly ref: string }[];
}

const KINDS = ['prediction', 'deployment', 'version', 'run', 'job', 'snapshot', 'environment', 'dataset'];

/** One prediction of the last week, and everything that it came from; and what happened, in order. */
export async function showAncestry(story: Story, place: Place, replayed: readonly Replayed[]): Promise<void> {
  story.step('Ask one prediction where it came from, and Bucle what it did');
  const chosen = replayed.findLast(({ failure }) => failure === null);
  const ref = `prediction:${chosen?.predictionId}.0`;
  story.fact(`flight ${chosen?.flight.key}, probability of being late ${chosen?.probability.toFixed(3)}`);
  story.fact(`$ bucle lineage ${ref}`);
  const { stdout } = await bucle(place, ['lineage', ref]);
  story.fact(stdout.trimEnd());
  const { nodes } = await bucleJson<Lineage>(place, ['lineage', ref]);
  const missing = KINDS.filter((kind) => !nodes.some((node) => node.kind === kind));
  story.promise(
    'its whole ancestry is known',
    missing.length === 0,
    missing.length === 0 ? `${nodes.length} ancestors` : `missing: ${missing.join(', ')}`,
  );
  story.fact('$ bucle timeline --endpoint flights --limit 25');
  story.fact((await bucle(place, ['timeline', '--endpoint', 'flights', '--limit', '25'])).stdout.trimEnd());
}

import { bucle, bucleJson, type Place } from '../../../scripts/bucle-command.ts';
import type { Answer } from './send-flights.ts';
import type { Story } from './story.ts';

interface Lineage {
  readonly nodes: readonly { readonly kind: string; readonly ref: string }[];
}

const KINDS = ['prediction', 'deployment', 'version', 'run', 'job', 'snapshot', 'environment', 'dataset'];

/** One prediction, and everything that it came from. */
export async function showAncestry(
  story: Story,
  place: Place,
  answers: readonly Answer[],
  expected: { readonly job: string; readonly version: string; readonly dataset: string },
): Promise<void> {
  story.step('Ask one prediction where it came from');
  const chosen = answers.reduce((a, b) => (b.probability > a.probability ? b : a));
  const ref = `prediction:${chosen.predictionId}.0`;
  story.fact(`flight ${chosen.flight.key}, probability of being late ${chosen.probability.toFixed(3)}`);
  story.fact(`$ bucle lineage ${ref}`);
  const { stdout } = await bucle(place, ['lineage', ref]);
  story.fact(stdout.trimEnd());
  const { nodes } = await bucleJson<Lineage>(place, ['lineage', ref]);
  const missing = KINDS.filter((kind) => !nodes.some((node) => node.kind === kind));
  const refs = new Set(nodes.map((node) => node.ref));
  const wanted = [`job:${expected.job}`, `version:${expected.version}`, `dataset:${expected.dataset}`];
  story.promise(
    'its whole ancestry is known',
    missing.length === 0 && wanted.every((one) => refs.has(one)),
    missing.length === 0 ? `${nodes.length} ancestors` : `missing: ${missing.join(', ')}`,
  );
}

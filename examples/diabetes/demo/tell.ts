import { bucle, type Place } from '../../../scripts/bucle-command.ts';
import { until } from '../../../scripts/until.ts';
import { get, post } from '../../flights/demo/api.ts';
import type { Story } from '../../flights/demo/story.ts';
import type { Replay } from './replay.ts';

interface Decision {
  readonly id: string;
  readonly verdict: string | null;
  readonly headline: string | null;
  readonly kind: string;
}

/** What came of it, as a table, and whether it is what was promised. */
export async function tellEnd(story: Story, place: Place, replay: Replay): Promise<void> {
  story.step('What happened');
  await tellTraffic(story, place, replay);
  await tellFiring(story, place, replay);
  const quality = await bucle(place, ['quality', 'diabetes', '--metric', 'mae', '--metric', 'rmse']);
  story.fact('');
  story.fact('$ bucle quality diabetes');
  story.fact(quality.stdout.trimEnd());
  const explained = await bucle(place, ['policies', 'explain', 'diabetes']);
  story.fact('');
  story.fact('$ bucle policies explain diabetes');
  story.fact(explained.stdout.trimEnd());
  story.promise(
    'the policy explains why it fired, and why it did not before',
    explained.stdout.includes('did not fire') && explained.stdout.includes('fired:'),
    `${explained.stdout.trimEnd().split('\n').length} lines`,
  );
}

async function tellTraffic(story: Story, place: Place, { answers, labels }: Replay): Promise<void> {
  const failed = answers.filter(({ failure }) => failure !== null);
  story.promise(
    'no request failed, also during the canary',
    failed.length === 0,
    `${answers.length - failed.length} of ${answers.length} answered${failed.length ? `; ${failed[0]?.failure}` : ''}`,
  );
  const answered = answers.length - failed.length;
  const captured = await until('all captures have arrived', 30_000, async () => {
    const counts = await get<{ deployments: { captured: number; lost: number }[] }>(
      place,
      '/api/v1/endpoints/diabetes/captures',
    );
    const sum = counts.deployments.reduce((total, one) => total + one.captured, 0);
    return sum >= answered ? sum : null;
  });
  story.promise('every answer was captured, once', captured === answered, `${captured} captured`);
  const path = '/api/v1/endpoints/diabetes/labels?limit=1';
  const countWaiting = async () => (await get<{ waiting: number }>(place, path)).waiting;
  await until('no label waits for its prediction', 30_000, async () => (await countWaiting()) === 0).catch(() => {});
  const waiting = await countWaiting();
  const outcomes = Object.entries(labels.outcomes).filter(([, count]) => count > 0);
  // Unknown: the label was faster than its prediction; it waits, and is joined when that arrives.
  const expected = outcomes.every(([name]) => ['accepted', 'late', 'unknown'].includes(name));
  story.promise(
    'every label found its prediction by the key',
    labels.sent === answered && expected && waiting === 0,
    `${labels.sent} sent: ${outcomes.map(([name, count]) => `${count} ${name}`).join(', ')}; ${waiting} wait now`,
  );
}

async function tellFiring(story: Story, place: Place, { firing, answers }: Replay): Promise<void> {
  story.fact(`firing ${firing.number}: ${firing.summary ?? firing.state}`);
  const rows = `${firing.new_rows} captured patients more, ${firing.holdout_rows} held out`;
  story.promise(
    'the firing came to its end: promoted, or not better',
    ['promoted', 'not_better'].includes(firing.outcome ?? ''),
    `${firing.outcome}; ${firing.training} has ${rows}`,
  );
  const id = firing.decision?.replace('decision:', '') ?? '';
  const decision = await get<Decision>(place, `/api/v1/decisions/${id}`);
  story.fact(`${firing.decision}: ${decision.headline}`);
  const { identical } = await post<{ identical: boolean }>(place, `/api/v1/decisions/${id}/replay`, '{}');
  story.promise('the decision that is computed again is the same', identical, `${decision.verdict} on mae`);
  // As the header of an answer names it.
  const serving = firing.outcome === 'promoted' ? firing.version : 'version:diabetes/1';
  story.promise(
    'the version that the decision chose answers now',
    answers.at(-1)?.version === serving?.replace('version:', ''),
    `the last patient was answered by ${answers.at(-1)?.version}`,
  );
}

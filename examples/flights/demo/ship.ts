import { bucle, bucleJson, type Place } from '../../../scripts/bucle-command.ts';
import type { Addresses } from './replay-year.ts';
import type { Story } from './story.ts';

interface Deployment {
  readonly state: string;
  readonly serving_engine: string | null;
  readonly serving_reason: string | null;
  readonly parity: { readonly passed: boolean; readonly message: string; readonly max_difference: number } | null;
}

/** Registers the model of the job and deploys it behind the parity gate; answers the addresses for callers. */
export async function shipModel(story: Story, place: Place, job: string): Promise<Addresses> {
  story.step('Register the model and deploy it: converted, proven equal, and only then traffic');
  story.fact(`$ bucle models register job:${job} --as flights`);
  await bucle(place, ['models', 'register', `job:${job}`, '--as', 'flights']);
  story.fact('$ bucle endpoints deploy flights flights/1');
  await bucle(place, ['endpoints', 'deploy', 'flights', 'flights/1'], {
    allow: [3],
    onLine: (line) => story.progress(line),
  });
  const looped = await bucleJson<{ url: string; deployments: Deployment[] }>(place, ['endpoints', 'show', 'flights']);
  const [deployment] = looped.deployments;
  const parity = deployment?.parity;
  story.promise(
    'the serving worker reproduced the golden answers',
    deployment?.state === 'ready' && parity?.passed === true,
    `${deployment?.serving_engine ?? 'none'}: ${parity?.message ?? 'no verdict'}`,
  );
  story.fact('The same version answers as flights-static too, and stays there: what would be without the loop.');
  await bucle(place, ['endpoints', 'deploy', 'flights-static', 'flights/1'], { allow: [3] });
  const still = await bucleJson<{ url: string }>(place, ['endpoints', 'show', 'flights-static']);
  return { looped: looped.url, static: still.url };
}

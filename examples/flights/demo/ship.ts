import { bucle, bucleJson, type Place } from '../../../scripts/bucle-command.ts';
import type { Story } from './story.ts';

interface Deployment {
  readonly state: string;
  readonly serving_engine: string | null;
  readonly serving_reason: string | null;
  readonly parity: { readonly passed: boolean; readonly message: string; readonly max_difference: number } | null;
}

export async function registerModel(story: Story, place: Place, job: string): Promise<string> {
  story.step('Register the model of that job');
  story.fact(`$ bucle models register job:${job} --as flights`);
  await bucle(place, ['models', 'register', `job:${job}`, '--as', 'flights']);
  return 'flights/1';
}

/** Deploys behind the parity gate; answers the address for callers. */
export async function deployModel(story: Story, place: Place, version: string): Promise<string> {
  story.step('Deploy: converted, proven equal, and only then traffic');
  const meaning = ['--prediction', 'probability', '--column', '1', '--threshold', '0.5'];
  story.fact(`$ bucle endpoints deploy flights ${version} ${meaning.join(' ')}`);
  await bucle(place, ['endpoints', 'deploy', 'flights', version, ...meaning], {
    allow: [3],
    onLine: (line) => story.progress(line),
  });
  const endpoint = await bucleJson<{ url: string; deployments: Deployment[] }>(place, ['endpoints', 'show', 'flights']);
  const [deployment] = endpoint.deployments;
  const parity = deployment?.parity;
  story.promise(
    'the serving worker reproduced the golden answers',
    deployment?.state === 'ready' && parity?.passed === true,
    `${deployment?.serving_engine ?? 'none'}: ${parity?.message ?? 'no verdict'}`,
  );
  return endpoint.url;
}

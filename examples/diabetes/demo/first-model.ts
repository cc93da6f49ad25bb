import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bucle, bucleJson, type Place, run } from '../../../scripts/bucle-command.ts';
import { python } from '../../../scripts/fresh-bucle.ts';
import type { Story } from '../../flights/demo/story.ts';
import { type Patient, readPatients } from './patient.ts';

const project = fileURLToPath(new URL('../', import.meta.url));
/** Of 42 patients each; the rest is traffic. */
const WEEKS_LEARNT = 5;

interface Applied {
  readonly done: readonly string[];
}

/** Declares everything from the one file; again, it changes nothing. */
export async function declareProject(story: Story, place: Place): Promise<void> {
  story.step('Declare the project: the same kind of file as for the flights');
  story.fact('$ bucle apply');
  const first = await bucleJson<Applied>(place, ['apply'], project);
  const second = await bucleJson<Applied>(place, ['apply'], project);
  story.promise(
    'one file declares it all, and the second apply changes nothing',
    first.done.length === 6 && second.done.length === 0,
    `${first.done.length} objects made, then ${second.done.length} changes`,
  );
}

/** Pushes the first weeks; answers the patients that are left. */
export async function pushPatients(story: Story, place: Place): Promise<readonly Patient[]> {
  story.step('Push the patients of the first weeks as a dataset version');
  const folder = join(place.data, 'prepared');
  const told = await run(python, [join(project, 'prepare.py'), '--weeks', String(WEEKS_LEARNT), '--out', folder]);
  story.fact(told.trim());
  story.fact('$ bucle data push diabetes patients.parquet');
  await bucle(place, ['data', 'push', 'diabetes', join(folder, 'patients.parquet')]);
  return readPatients(join(folder, 'traffic.jsonl'));
}

/** Trains, registers and deploys the first version; answers the address for callers. */
export async function shipFirst(story: Story, place: Place): Promise<string> {
  story.step('Train the declared job, register its model and deploy it behind the parity gate');
  story.fact('$ bucle jobs run --template train-diabetes');
  const words = ['jobs', 'run', '--template', 'train-diabetes', '--input', 'patients=diabetes@1'];
  const job = await bucleJson<{ id: string; state: string }>(place, words, project);
  story.fact('$ bucle models register job:… --as diabetes');
  await bucle(place, ['models', 'register', `job:${job.id}`, '--as', 'diabetes']);
  story.fact('$ bucle endpoints deploy diabetes diabetes/1');
  const deployed = await bucleJson<{
    url: string;
    serving_engine: string | null;
    parity: { passed: boolean; message: string } | null;
  }>(place, ['endpoints', 'deploy', 'diabetes', 'diabetes/1']);
  story.promise(
    'the serving worker reproduced the golden answers',
    deployed.parity?.passed === true,
    `${deployed.serving_engine ?? 'none'}: ${deployed.parity?.message ?? 'no verdict'}`,
  );
  return deployed.url;
}

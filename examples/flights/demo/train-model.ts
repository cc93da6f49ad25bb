import { bucle, type Place } from '../../../scripts/bucle-command.ts';
import { until } from '../../../scripts/until.ts';
import { get } from './api.ts';
import { killServer } from './kill-server.ts';
import { project } from './prepare-year.ts';
import type { Story } from './story.ts';

const METRICS = ['train_log_loss', 'train_auc', 'valid_log_loss', 'valid_auc'];
/** Of the job that bucle.yaml declares. */
const STAGES = 6;
/** The crash comes when so many stages are logged: in the middle. */
const CRASH_AT = 2;

interface Job {
  readonly id: string;
  readonly state: string;
  readonly reason: string | null;
  readonly run: string | null;
  readonly attempts: readonly { readonly number: number; readonly outcome: string | null }[];
}

interface Point {
  readonly step?: number;
  readonly value: number;
}

export async function trainModel(story: Story, place: Place, dataset: string): Promise<string> {
  story.step('Train the declared job, and kill the server in the middle');
  story.fact(`$ bucle jobs run --template train --input flights=${dataset}`);
  const words = ['jobs', 'run', '--template', 'train', '--input', `flights=${dataset}`, '--detach', '--json'];
  const { stdout } = await bucle(place, words, { cwd: project });
  const { id } = JSON.parse(stdout) as Job;
  story.fact(`job ${id}: the code that was applied, environment from its lock file (built once)`);
  const run = await until('the training logs metrics', 180_000, async () => {
    const job = await showJob(place, id);
    if (job.state === 'failed') throw new Error(`The job failed: ${job.reason}`);
    return job.run !== null && (await history(place, job.run, 'valid_auc')).length >= CRASH_AT ? job.run : null;
  });
  story.fact(`${CRASH_AT} of ${STAGES} stages are logged: kill -9 the control server`);
  const outage = await killServer(place);
  story.fact(`process ${outage.oldPid} died; ${outage.newPid} took over after ${outage.milliseconds} ms`);
  const job = await until('the job is over', 180_000, async () => {
    const found = await showJob(place, id);
    return found.state === 'queued' || found.state === 'running' ? null : found;
  });
  const seconds = (outage.milliseconds / 1000).toFixed(1);
  story.promise('the server was away for 3 s at least', outage.milliseconds >= 3_000, `${seconds} s`);
  const attempts = job.attempts.length;
  story.promise(
    'the training outlived the server and was adopted',
    job.state === 'succeeded' && attempts === 1 && job.run === run,
    `${job.state}, ${attempts} attempt, the same run`,
  );
  await checkRun(story, place, run);
  return id;
}

async function checkRun(story: Story, place: Place, run: string): Promise<void> {
  const histories = await Promise.all(METRICS.map((key) => history(place, run, key)));
  const steps = Array.from({ length: STAGES }, (_none, index) => index + 1).join();
  const whole = histories.every((points) => points.map(({ step }) => step ?? 0).join() === steps);
  const count = histories.reduce((sum, points) => sum + points.length, 0);
  story.promise('every metric point is there once', whole, `${count} of ${STAGES * METRICS.length} points`);
  const auc = histories.at(-1)?.at(-1)?.value ?? 0;
  story.fact(`AUC on the days that come after: ${auc.toFixed(3)}`);
}

async function showJob(place: Place, id: string): Promise<Job> {
  return get<Job>(place, `/api/v1/jobs/${id}`);
}

async function history(place: Place, run: string, key: string): Promise<readonly Point[]> {
  const query = new URLSearchParams({ run_id: run, metric_key: key });
  const { metrics = [] } = await get<{ metrics?: Point[] }>(place, `/api/2.0/mlflow/metrics/get-history?${query}`);
  return metrics;
}

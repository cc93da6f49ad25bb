import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bucle, bucleJson, type Place, run } from '../../../scripts/bucle-command.ts';
import { python } from '../../../scripts/fresh-bucle.ts';
import { until } from '../../../scripts/until.ts';
import { readWeeks, type Week } from './flight.ts';
import type { Story } from './story.ts';

export const project = fileURLToPath(new URL('../', import.meta.url));

/** The first eight whole weeks are learnt from; the rest of the year is traffic. */
const FIRST_DAY = '2013-01-07';
const TRAFFIC_FROM = '2013-03-04';
const TRAFFIC_TO = '2014-01-01';
export const FLIGHTS_PER_WEEK = 1_000;

/** Declares the whole project from its one file, and pushes the data that the first model learns from. */
export async function declareProject(story: Story, place: Place): Promise<string> {
  story.step('Declare the project, and push its first eight weeks of real flights');
  story.fact('$ bucle apply');
  const { stdout } = await bucle(place, ['apply', '--file', join(project, 'bucle.yaml')], { cwd: project });
  story.fact(stdout.trimEnd());
  const file = join(place.data, 'prepared', 'flights.parquet');
  const words = ['--from', FIRST_DAY, '--to', TRAFFIC_FROM, '--out', file];
  const prepared = Number.parseInt(await run(python, [join(project, 'prepare.py'), ...words]), 10);
  story.fact(`$ bucle data push flights ${file}`);
  await bucle(place, ['data', 'push', 'flights', file]);
  const ref = 'flights@1';
  const version = await until('the version has its profile', 60_000, async () => {
    const found = await bucleJson<{ rows: number | null; id: string }>(place, ['data', 'show', ref]);
    return found.rows === null ? null : found;
  });
  story.fact(`${ref}: ${version.rows} flights, content ${version.id.slice(0, 12)}…`);
  story.promise(
    'the flights of the first eight weeks are a version',
    version.rows === prepared,
    `${version.rows} of ${prepared} rows`,
  );
  return ref;
}

export async function prepareTraffic(story: Story, place: Place): Promise<readonly Week[]> {
  const file = join(place.data, 'prepared', 'traffic.jsonl');
  const words = ['--from', TRAFFIC_FROM, '--to', TRAFFIC_TO, '--per-week', String(FLIGHTS_PER_WEEK), '--out', file];
  await run(python, [join(project, 'traffic.py'), ...words]);
  const weeks = await readWeeks(file);
  const flights = weeks.reduce((sum, week) => sum + week.flights.length, 0);
  story.fact(`${flights} flights from ${TRAFFIC_FROM} on, ${FLIGHTS_PER_WEEK} of each week, drawn once and for all`);
  return weeks;
}

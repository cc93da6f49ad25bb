import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestApp } from '../../../test/test-app.ts';
import { commitFiles, declareDataset } from '../data/index.ts';
import { declarePolicy } from './declare-policy.ts';
import type { PolicyDeclaration } from './policy.schema.ts';
import { alert, START, tell, window } from './scripted-ports.fixture.ts';

export const because = { actor: 'ana', cause: null };

const policy: PolicyDeclaration = {
  ...{ endpoint: 'flights', job: 'train', input: 'flights', gate: 'better' },
  triggers: [{ drift: 'data' }, { labels: 100_000 }],
  data: { from: 'captures', dataset: 'flights', holdout: '14d', minimum_rows: 100 },
  cooldown: '28d',
};

/** Two weeks of flights before `START`, as a person pushes them. */
export async function pushFlights({ context }: Pick<TestApp, 'context'>, hours = 336): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'bucle-flights-'));
  const rows = Array.from({ length: hours }, (_, index) => {
    const time = new Date(START - (hours - index) * 3_600_000).toISOString().replace('T', ' ').slice(0, 19);
    return `old-${index},${time},JFK,${index % 20},${index % 2}`;
  });
  await writeFile(join(folder, 'flights.csv'), `flight,event_time,origin,delay,late\n${rows.join('\n')}\n`);
  await writeFile(join(folder, 'README.md'), '# Flights\n');
  const files = ['flights.csv', 'README.md'].map((path) => ({ path, file: join(folder, path) }));
  await commitFiles(context, { name: 'flights', files, message: null, ...because });
  await rm(folder, { recursive: true });
}

export async function declare({ context }: Pick<TestApp, 'context'>, change: Partial<PolicyDeclaration> = {}) {
  const declaration = { label: 'late', eventTime: 'event_time', key: 'flight', description: null };
  await declareDataset(context, { name: 'flights', declaration, ...because });
  await declarePolicy(context, { name: 'weekly', declaration: { ...policy, ...change }, ...because });
}

/** Six weeks of windows that closed and matured, the last with an alarm of drift. */
export async function drift({ context }: Pick<TestApp, 'context'>, weeks = [0, 1, 2, 3, 4, 5]): Promise<void> {
  for (const week of weeks) {
    await tell(context, window.closed(week));
    await tell(context, window.matured(week));
  }
  await tell(context, alert(`a${weeks.at(-1)}`, 'data_drift', weeks.at(-1) ?? 0));
}

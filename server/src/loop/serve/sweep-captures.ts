import type { Context } from '../../context.ts';
import type { Trx } from '../../database.ts';
import type { Subscription } from '../../platform/events/events.ts';
import type { JobHandler } from '../../platform/jobs/jobs.ts';
import { deleteDoomedBlobs } from './delete-doomed-blobs.ts';
import { expireCaptures } from './expire-captures.ts';
import { sweepOrphans } from './sweep-orphans.ts';

const SWEEP_KIND = 'serve.sweep';
const EVERY_MS = 10 * 60_000;

type Parts = Pick<Context, 'db' | 'blobs' | 'clock' | 'config' | 'jobs'>;

/** Keeps captures within their age and budget, from then on for ever. */
export function sweepHandler(parts: Omit<Parts, 'jobs'>): JobHandler {
  return {
    kind: SWEEP_KIND,
    async handle(run) {
      await deleteDoomedBlobs(parts);
      await expireCaptures(parts, run);
      await deleteDoomedBlobs(parts);
      await sweepOrphans(parts, run);
      return { again: parts.clock.now() + EVERY_MS };
    },
  };
}

/** The first captures start the sweeping; later ones find it there. */
export function startSweeping({ jobs }: Pick<Parts, 'jobs'>): Subscription {
  return {
    name: 'serve.start-sweeping',
    types: ['captures.stored'],
    async handle(_event, trx) {
      await jobs.enqueue(trx as unknown as Trx, { kind: SWEEP_KIND, key: 'captures', payload: null });
    },
  };
}

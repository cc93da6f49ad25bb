import { after, count, list, type Telling } from './words.ts';

/** Events of runs, data, jobs and registered models. */
export const trainingEvents: Readonly<Record<string, Telling>> = {
  'import.finished': { did: 'was finished', say: ({ address }) => `was finished${after(' from ', address)}` },
  'experiment.created': { did: 'was created', say: ({ name }) => `was created${after(' as ', name)}` },
  'experiment.deleted': { did: 'was deleted' },
  'experiment.restored': { did: 'was restored' },
  'experiment.purged': { did: 'was removed for good' },
  'run.created': { did: 'began', say: ({ name }) => `began${after(': ', name)}` },
  'run.finished': { did: 'ended', say: ({ status }) => `ended: ${String(status).toLowerCase()}` },
  'run.deleted': { did: 'was deleted' },
  'run.restored': { did: 'was restored' },
  'run.purged': { did: 'was removed for good' },
  'model.logged': { did: 'was logged', say: ({ name }) => `was logged${after(' as ', name)}` },
  'model.failed': { did: 'could not be logged' },
  'model.created': { did: 'was created' },
  'model.renamed': { did: 'was renamed', say: ({ from }) => `has a new name; it was ${from}` },
  'model.deleted': {
    did: 'was deleted',
    say: ({ versions }) => `was deleted${versions === undefined ? '' : ` with ${count(versions, 'version')}`}`,
  },
  'model.purged': { did: 'was removed for good' },
  'model.golden.recorded': {
    did: 'got golden answers',
    say: ({ origin }) => `got golden answers from ${origin === 'job' ? 'its training job' : 'a rebuilt environment'}`,
  },
  'dataset.version.created': {
    did: 'was stored',
    say: ({ files, message }) => `was stored: ${count(files, 'file')}${after(', ', message)}`,
  },
  'dataset.profile.ready': { did: 'was profiled', say: ({ rows }) => `was profiled: ${count(rows, 'row')}` },
  'dataset.profile.failed': {
    did: 'could not be profiled',
    say: ({ reason }) => `could not be profiled${after(': ', reason)}`,
  },
  'dataset.declared': {
    did: 'was declared',
    say: ({ label, eventTime, key }) => {
      const said = [after('label ', label), after('event time ', eventTime), after('key ', key)].filter(Boolean);
      return `was declared${after(': ', said.join(', '))}`;
    },
  },
  'dataset.undeclared': { did: 'is not declared any more' },
  'job.submitted': { did: 'was submitted', say: ({ name }) => `was submitted${after(': ', name)}` },
  'job.started': { did: 'started', say: ({ attempt }) => `started its attempt ${attempt}` },
  'job.retried': {
    did: 'will be tried again',
    say: ({ attempt, outcome }) => `will be tried again: attempt ${attempt} ended as ${outcome}`,
  },
  'job.cancel_requested': { did: 'was asked to stop' },
  'job.succeeded': { did: 'succeeded', say: ({ attempt }) => `succeeded in its attempt ${attempt}` },
  'job.failed': {
    did: 'failed',
    say: ({ attempt, outcome }) => `failed: its attempt ${attempt} ended as ${outcome}`,
  },
  'job.cancelled': { did: 'was cancelled' },
  'job_template.declared': {
    did: 'was declared',
    say: ({ revision, command }) =>
      `has revision ${revision}${after(': ', Array.isArray(command) ? command.join(' ') : '')}`,
  },
  'job_template.removed': { did: 'was removed' },
  'version.registered': { did: 'was registered', say: ({ run }) => `was registered${after(' from ', run)}` },
  'version.alias_set': {
    did: 'got an alias',
    say: ({ alias, from }) => `got the alias ${alias}${after(' of version ', from)}`,
  },
  'version.alias_deleted': { did: 'lost an alias', say: ({ alias }) => `lost the alias ${alias}` },
  'version.stage_changed': {
    did: 'changed its stage',
    say: ({ from, to }) => `went from stage ${from} to ${to}, which moves no traffic`,
  },
  'version.deleted': {
    did: 'was deleted',
    say: ({ aliases }) => `was deleted${after(' with its aliases ', list(aliases))}`,
  },
};

import { plainVersion } from './thing.ts';
import { after, count, inner, list, spaced, type Telling } from './words.ts';

/** Events of labels, monitors, windows, alerts, policies, firings and projects. */
export const loopEvents: Readonly<Record<string, Telling>> = {
  'labels.stored': {
    did: 'got labels',
    say: ({ outcomes }) => `got ${count(total(outcomes), 'label')}${after(': ', tally(outcomes))}`,
  },
  'labels.joined': {
    did: 'joined labels that waited',
    say: ({ joined }) => `joined ${count(joined, 'label')} that came before their predictions`,
  },
  'monitor.declared': {
    did: 'was declared',
    say: ({ revision, anew }) => `has revision ${revision}${anew === true ? ', and counts its windows anew' : ''}`,
  },
  'monitor.removed': { did: 'was removed' },
  'monitor.reference.built': {
    did: 'got a reference',
    say: ({ version, features_from, prediction_from }) =>
      `knows what is normal for ${plainVersion(version)}: features from ${features_from}${after(', predictions from ', prediction_from)}`,
  },
  'window.closed': {
    did: 'closed',
    say: ({ rows, alarms }) => `closed with ${count(rows, 'row')}: ${alarmsIn(alarms)}`,
  },
  'window.matured': {
    did: 'matured',
    say: ({ quality, verdict }) => `has its labels${qualityIn(quality)}${verdictIn(verdict)}`,
  },
  'window.revised': {
    did: 'was revised',
    say: ({ revision, quality, verdict }) =>
      `has revision ${revision} after late labels${qualityIn(quality)}${verdictIn(verdict)}`,
  },
  'alert.opened': { did: 'opened', say: alertWords('opened') },
  'alert.changed': {
    did: 'changed',
    say: ({ joined, left }) => `changed${after('; new: ', list(joined))}${after('; not any more: ', list(left))}`,
  },
  'alert.cleared': { did: 'cleared', say: alertEnd('cleared') },
  'alert.acknowledged': { did: 'was acknowledged', say: alertEnd('was acknowledged as the new normal') },
  'alert.superseded': { did: 'was superseded', say: alertEnd('was superseded') },
  'policy.declared': {
    did: 'was declared',
    say: ({ version, triggers }) => `has version ${version}${after('; it fires on ', list(triggers))}`,
  },
  'policy.removed': { did: 'was removed' },
  'policy.paused': { did: 'was paused', say: ({ reason }) => `was paused${after(': ', reason)}` },
  'policy.resumed': { did: 'was resumed' },
  'policy.webhook': { did: 'was called by webhook' },
  'policy.webhook_secret_renewed': { did: 'got a new webhook secret' },
  'firing.started': { did: 'started', say: ({ because }) => `started${after(': ', list(because))}` },
  'firing.freezing': { did: 'froze the data', say: () => 'freezes the training data' },
  'firing.training': {
    did: 'began to train',
    say: ({ training, job }) => `trains${after(' on ', training)}${after(' in ', job)}`,
  },
  'firing.registering': { did: 'trained', say: ({ job }) => `has a trained model${after(' of ', job)}` },
  'firing.evaluating': {
    did: 'began to evaluate',
    say: ({ version }) => `has ${version == null ? 'its candidate' : plainVersion(version)} judged`,
  },
  'firing.rolling_out': { did: 'began to roll out', say: ({ rollout }) => `rolls it out${after(' by ', rollout)}` },
  'firing.done': {
    did: 'ended',
    say: ({ outcome, summary }) =>
      `ended as ${spaced(outcome)}${after(': ', String(summary ?? '').replace(/\.$/, ''))}`,
  },
  'project.applying': {
    did: 'was applied',
    say: ({ changes }) => `is being applied: ${list(changes) || 'nothing to change'}`,
  },
  'project.applied': {
    did: 'was applied',
    say: ({ done }) => `was applied: ${count(Array.isArray(done) ? done.length : 0, 'change')}`,
  },
};

function total(outcomes: unknown): number {
  return Object.values(inner(outcomes)).reduce<number>((sum, value) => sum + Number(value), 0);
}

function tally(outcomes: unknown): string {
  const some = Object.entries(inner(outcomes)).filter(([, value]) => Number(value) > 0);
  return list(some.map(([name, value]) => `${value} ${name}`));
}

function alarmsIn(alarms: unknown): string {
  const told = Object.entries(inner(alarms)).map(([signal, features]) => {
    const names = list((Array.isArray(features) ? features : []).filter((name) => name !== ''));
    return `${spaced(signal)}${after(' of ', names)}`;
  });
  return told.length === 0 ? 'no alarm' : `alarm on ${list(told)}`;
}

function qualityIn(quality: unknown): string {
  const { labelled, metrics } = inner(quality);
  const [first] = Object.entries(inner(metrics)).filter(([, metric]) => typeof inner(metric)['value'] === 'number');
  const measured = first ? `, ${spaced(first[0])} ${Number(Number(inner(first[1])['value']).toPrecision(4))}` : '';
  return labelled === undefined ? measured : `: ${count(labelled, 'labelled prediction')}${measured}`;
}

function verdictIn(verdict: unknown): string {
  const { state, metric } = inner(verdict);
  return state === undefined ? '' : `; ${spaced(metric)} is judged ${spaced(state)}`;
}

function alertWords(did: string): (data: Readonly<Record<string, unknown>>) => string {
  return ({ endpoint, signal, summary }) =>
    `on ${spaced(signal)} of ${endpoint} ${did}${after(': ', String(summary ?? '').replace(/\.$/, ''))}`;
}

function alertEnd(did: string): (data: Readonly<Record<string, unknown>>) => string {
  return ({ endpoint, signal, reason }) => `on ${spaced(signal)} of ${endpoint} ${did}${after(': ', reason)}`;
}

import { plainVersion, shortId } from './thing.ts';
import { after, count, inner, list, type Telling } from './words.ts';

/** Events of gates, decisions, endpoints, deployments, rollouts and captured predictions. */
export const servingEvents: Readonly<Record<string, Telling>> = {
  'gate.declared': { did: 'was declared', say: ({ metric }) => `was declared${after(' on ', metric)}` },
  'gate.removed': { did: 'was removed' },
  'decision.requested': {
    did: 'was asked for',
    say: ({ candidate, champion, dataset }) =>
      `was asked for: ${plainVersion(candidate)} against ${champion == null ? 'nobody' : plainVersion(champion)}${after(' on ', dataset)}`,
  },
  'decision.made': {
    did: 'was made',
    say: ({ verdict, headline }) => `says ${verdict}${after(': ', String(headline ?? '').replace(/\.$/, ''))}`,
  },
  'endpoint.created': { did: 'was created' },
  'endpoint.declared': { did: 'was declared anew' },
  'endpoint.removed': { did: 'was removed' },
  'endpoint.traffic_changed': {
    did: 'split its traffic anew',
    say: ({ before, after: now }) => `sends ${split(now)}${after(' instead of ', split(before))}`,
  },
  'endpoint.promoted': {
    did: 'promoted a version',
    say: ({ version, decision, rollout }) =>
      `has ${plainVersion(version)} as its stable version, by decision ${shortId(decision)}` +
      (rollout == null ? '' : ` and rollout ${shortId(rollout)}`),
  },
  'deployment.created': { did: 'was asked for' },
  'deployment.preparing': { did: 'is being prepared' },
  'deployment.published': { did: 'was handed to the gateways' },
  'deployment.verifying': { did: 'is being proved by a gateway' },
  'deployment.ready': { did: 'became ready' },
  'deployment.failed': {
    did: 'failed',
    say: ({ step, reason }) => `failed${after(' at ', step)}${after(': ', sentenceless(reason))}`,
  },
  'deployment.retired': { did: 'was retired', say: ({ why }) => `was retired${after(': ', why)}` },
  'deployment.traffic_superseded': {
    did: 'got no traffic',
    say: ({ wanted, why }) => `did not get the ${wanted} % that were asked for${after(': ', sentenceless(why))}`,
  },
  'rollout.started': {
    did: 'started',
    say: ({ decision }) => `started, by decision ${shortId(decision)}`,
  },
  'rollout.step': { did: 'gave it more traffic', say: ({ percent }) => `sends it ${percent} % of the traffic` },
  'rollout.held': { did: 'was held', say: ({ held }) => `stays where it is${after(': ', sentenceless(held))}` },
  'rollout.resumed': {
    did: 'was resumed',
    say: ({ reason, waived }) => `was resumed${after(': ', sentenceless(reason))}${after(', past the guard ', waived)}`,
  },
  'rollout.promoting': {
    did: 'gave it all traffic',
    say: ({ requests }) => `sends it everything, after ${count(inner(requests)['canary'], 'request')} in its last step`,
  },
  'rollout.promoted': { did: 'promoted it' },
  'rollout.aborting': {
    did: 'is being aborted',
    say: ({ reason }) => `takes the traffic back${after(': ', sentenceless(reason))}`,
  },
  'rollout.aborted': { did: 'was aborted', say: ({ reason }) => `was aborted${after(': ', sentenceless(reason))}` },
  'rollout.undone': { did: 'was undone', say: ({ reason }) => `was undone${after(': ', sentenceless(reason))}` },
  'captures.stored': {
    did: 'was stored',
    say: ({ endpoints }) =>
      `was stored: ${list((Array.isArray(endpoints) ? endpoints : []).map((one) => `${count(inner(one)['captures'], 'prediction')} of ${inner(one)['endpoint']}`))}`,
  },
  'captures.expired': {
    did: 'forgot old predictions',
    say: ({ captures, reason }) => `forgot ${count(captures, 'old prediction')}${after(': ', reason)}`,
  },
  'captures.erasure_requested': { did: 'was asked to forget a key' },
  'captures.erased': {
    did: 'forgot predictions of a key',
    say: ({ predictions }) => `forgot ${count(predictions, 'prediction')} of a key that was erased`,
  },
  'captures.erasure_finished': {
    did: 'forgot a key',
    say: ({ predictions, not_erasable }) =>
      `forgot all ${count(predictions, 'prediction')} of a key${after('; it is still in ', list(not_erasable))}`,
  },
};

/** `deployment 5e6f7a8b 90 % and deployment 1c2d3e4f 10 %` */
function split(traffic: unknown): string {
  const shares = Object.entries(inner(traffic)).filter(([, share]) => Number(share) > 0);
  return list(shares.map(([id, share]) => `deployment ${shortId(id)} ${share} %`)) || 'nobody anything';
}

function sentenceless(value: unknown): string {
  return value === null || value === undefined ? '' : String(value).replace(/\.$/, '');
}

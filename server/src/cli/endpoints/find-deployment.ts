import { endpointErrors } from './errors.ts';
import { type Deployment, type EndpointDetail, isGone, shortId, shortVersion } from './view.ts';

/**
 * The one deployment that a word means: its id, the end or the beginning of it, or the version that it serves
 * (`flights/3`, or `3`), where one that lives wins.
 * @throws CLI_ENDPOINT_NO_DEPLOYMENT, CLI_ENDPOINT_SEVERAL
 */
export function findDeployment({ name, deployments }: EndpointDetail, word: string): Deployment {
  const wanted = word.replace(/^(deployment|version):/, '');
  const exact = deployments.find(({ id }) => id === wanted);
  if (exact) return exact;
  const byVersion = deployments.filter((one) => [shortVersion(one), numberOf(one)].includes(wanted));
  const byId = wanted.length < 4 ? [] : deployments.filter(({ id }) => id.endsWith(wanted) || id.startsWith(wanted));
  const found = byVersion.length > 0 ? preferLiving(byVersion) : byId;
  const [only] = found;
  if (only && found.length === 1) return only;
  if (only) throw endpointErrors.SEVERAL({ endpoint: name, word, found: found.map(describe) });
  const known = deployments.length === 0 ? 'none' : deployments.slice(0, 10).map(describe);
  throw endpointErrors.NO_DEPLOYMENT({ endpoint: name, word, known });
}

function preferLiving(deployments: readonly Deployment[]): readonly Deployment[] {
  const living = deployments.filter((one) => !isGone(one));
  return living.length > 0 ? living : deployments;
}

function numberOf(deployment: Deployment): string {
  return shortVersion(deployment).split('/').at(-1) ?? '';
}

function describe(deployment: Deployment): string {
  return `${shortId(deployment.id)} (${shortVersion(deployment)}, ${deployment.state})`;
}

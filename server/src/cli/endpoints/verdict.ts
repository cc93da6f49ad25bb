import type { Io } from '../command.ts';
import { formatCount } from '../data/format.ts';
import { type Deployment, describeTraffic, type EndpointDetail, type Parity, shortVersion } from './view.ts';

/** What serves, what was proved, and how to ask it. */
export function tellVerdict({ note }: Pick<Io, 'note'>, deployment: Deployment, endpoint: EndpointDetail): void {
  const { serving_engine: engine, parity, onnx_parity: onnxParity } = deployment;
  note(`${shortVersion(deployment)} is ready as ${deployment.id}.`);
  note(`  engine   ${engine === 'onnx' ? 'ONNX' : 'Python worker'}`);
  const why = deployment.serving_reason ?? deployment.conversion_reason;
  if (engine === 'python' && why !== null && deployment.engine !== 'python') note(`  not ONNX ${why}`);
  if (onnxParity !== null && !onnxParity.passed) tellDifference({ note }, onnxParity);
  if (parity !== null) note(`  parity   ${describeParity(parity)}`);
  note(`  traffic  ${describeTraffic(endpoint) ?? 'nobody'}`);
  if (deployment.traffic === 0) {
    note(`           bring it there: bucle rollouts start ${endpoint.name} ${shortVersion(deployment)} --decision ID`);
  }
  note('');
  note(`  curl -s ${endpoint.url} -H 'content-type: application/json' -d @request.json`);
}

/** Why it failed: for the parity gate, the row, by how much, the likely cause, what to do. */
export function tellFailure({ note }: Pick<Io, 'note'>, deployment: Deployment): void {
  const { failure, parity } = deployment;
  const version = shortVersion(deployment);
  if (failure === null) {
    note(`error: ${version} was retired before it was ready.`);
    return;
  }
  const saidNo = failure.step === 'parity';
  note(
    `error: ${saidNo ? `The parity gate refused ${version}` : `${version} failed (${failure.step})`}: ${failure.reason}`,
  );
  if (saidNo && parity !== null) {
    tellDifference({ note }, parity);
    note(`  cause    ${parity.cause ?? 'not recognised; compare the row above in the training environment'}`);
    note(`  compared ${describeParity(parity)}`);
  }
  note(`  next: ${failure.next}`);
}

/** `passed: 200 rows of 9 requests, largest difference 1.2e-7, 0 label flips (recorded by the job)`. */
function describeParity({ passed, golden, max_difference: most, label_flips: flips, engine }: Parity): string {
  const rows = `${formatCount(golden.rows)} rows of ${formatCount(golden.requests)} requests`;
  const recorded = golden.origin === 'job' ? 'recorded in the job' : 'recorded in an environment that was rebuilt';
  const difference = most === 0 ? 0 : Number(most.toPrecision(3));
  return `${passed ? 'passed' : 'FAILED'} with ${engine}: ${rows}, largest difference ${difference}, ${flips} label flips (${recorded})`;
}

function tellDifference({ note }: Pick<Io, 'note'>, { first }: Parity): void {
  if (first === null) return;
  const { request, row, output, check, expected, got, difference } = first;
  note(`  row      ${row} of golden request ${request}${output === null ? '' : `, output ${output}`} (sent ${check})`);
  note(`           expected ${expected}, got ${got}${difference === null ? '' : `, which differs by ${difference}`}`);
}

import { BucleError } from '../../../platform/errors.ts';
import type { FailedStep, Failure } from '../deployment.ts';

/** The deployment itself cannot succeed: trying again would not help. */
export class PrepareFailure extends Error {
  override readonly name = 'PrepareFailure';
  readonly failure: Failure;

  constructor(failure: Failure, options?: { cause?: unknown }) {
    super(failure.reason, options);
    this.failure = failure;
  }
}

/** Runs a step; what it refuses for good ends the deployment, what may pass (network, disk) is tried again. */
export async function during<T>(step: FailedStep, next: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof BucleError) || error.retryable || error.status >= 500) throw error;
    throw new PrepareFailure({ step, reason: error.message, next: error.next ?? next }, { cause: error });
  }
}

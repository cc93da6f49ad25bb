import type { JobRequest } from './submit-job.ts';

/** A job that is not run yet: who runs it may name other versions of its inputs. */
export interface JobTemplate {
  readonly name: string;
  /** Inputs name datasets; without a number it is the latest of the moment that the job is submitted. */
  readonly request: JobRequest;
  /** 1, 2, …: grows by one with each change. */
  readonly revision: number;
  /** Milliseconds since the epoch, the server's clock. */
  readonly changedAt: number;
  readonly changedBy: string;
}

/** True when both ask for the same; where the code was committed says nothing about what it is. */
export function isSameRequest(a: JobRequest, b: JobRequest): boolean {
  return canonical(a) === canonical(b);
}

/** The request that a template stands for, some of its inputs replaced. */
export function requestOf({ name, request }: JobTemplate, inputs: Readonly<Record<string, string>> = {}): JobRequest {
  return { ...request, name: request.name ?? name, inputs: { ...request.inputs, ...inputs } };
}

function canonical({ git: _git, inputs = {}, ...request }: JobRequest): string {
  const entries = (value: object) =>
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([first], [second]) => (first < second ? -1 : 1));
  return JSON.stringify([entries(request), entries(inputs)]);
}

import { defineErrors } from '../../platform/errors.ts';

export const upErrors = defineErrors('UP', {
  RUNS_ALREADY: {
    status: 409,
    message: '`bucle up` runs for {data} already (process {pid}).',
    next: 'Stop it with `bucle down --data {data}`, or start another one with --data DIR, --port N and --gateway-port N.',
  },
  REFUSED: { status: 400, message: '{message}', next: '{hint}' },
  CRASHED: {
    status: 500,
    message: 'The {role} died {times} times before it was ready. The end of its log:\n{tail}',
    next: 'The whole log is {log}. `bucle doctor` checks what Bucle needs.',
  },
  FOLDER: {
    status: 400,
    message: 'The data folder {data} cannot be used: {reason}.',
    next: 'Make it writable, or choose another one with --data.',
  },
  PYTHON_MISSING: {
    status: 400,
    message: 'BUCLE_PYTHON is {python}, which is no Python that runs.',
    next: 'Set it to the path of Python 3.10 or newer with its venv module, or unset it for python3 of the PATH.',
  },
  STILL_RUNS: {
    status: 500,
    message: '`bucle up` (process {pid}) was asked to stop, and still runs after {seconds} s.',
    next: 'Look at {log}; `kill -9 {pid}` and then `bucle down` again stops what it started.',
  },
  ELSEWHERE: {
    status: 409,
    message: '`bucle up` for {data} runs on {host}, or in another container of it (process {pid}).',
    next: 'Stop it there.',
  },
});

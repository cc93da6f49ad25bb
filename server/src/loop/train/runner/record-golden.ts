import { setTimeout as sleep } from 'node:timers/promises';
import { run } from '../../../platform/processes/run.ts';
import type { GoldenRecord, GoldenSpec } from './attempt-folder.ts';
import type { BoundedLog } from './bounded-log.ts';

interface Parts {
  readonly golden: GoldenSpec;
  readonly cwd: string;
  readonly log: BoundedLog;
  readonly signal: AbortSignal;
}

const RETRY_MS = 1_000;
/** Exit code of `bucle.golden`: a model that was logged cannot be loaded where it was made. */
const UNLOADABLE = 3;
/** How the report for programs begins, the last line of its output. */
const REPORT = '{"models":';

/**
 * Records the golden requests of the models that the run logged, in the environment of the job. While the
 * control server is away it waits; only a model that cannot be loaded counts against the attempt.
 */
export async function recordGolden({ golden, cwd, log, signal }: Parts): Promise<GoldenRecord> {
  const until = performance.now() + golden.patienceMs;
  const [program = '', ...args] = golden.command;
  for (;;) {
    if (!(await untilReachable(golden.serverUrl, until, signal))) {
      return {
        loadable: true,
        reason: 'the control server did not answer, so that nothing could be recorded',
        report: null,
      };
    }
    const result = await run(program, args, {
      cwd,
      env: golden.env,
      timeoutMs: golden.timeLimitMs,
      signal,
      onLine: (line) => {
        if (!line.startsWith(REPORT)) log.note(line.slice(0, 2_000));
      },
    }).catch((error: Error) => ({ code: 127, timedOut: false, stdout: '', stderr: error.message }));
    signal.throwIfAborted();
    if (result.code === 0) return { loadable: true, reason: null, report: parseReport(result.stdout) };
    const reason = reasonOf(result, golden.timeLimitMs);
    if (result.code === UNLOADABLE) return { loadable: false, reason, report: parseReport(result.stdout) };
    const reachable = await isReachable(golden.serverUrl, signal);
    if (reachable || performance.now() > until) {
      return { loadable: true, reason: `the golden requests could not be recorded: ${reason}`, report: null };
    }
  }
}

function reasonOf(result: { timedOut: boolean; stderr: string; stdout: string }, limitMs: number): string {
  if (result.timedOut) return `recording took longer than ${limitMs / 1000} s`;
  const text = result.stderr.trim() || result.stdout.trim();
  return text.split('\n').slice(-5).join('\n').slice(-1_500);
}

/** The last line of the output, if it is JSON. */
function parseReport(stdout: string): unknown {
  try {
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  } catch {
    return null;
  }
}

async function untilReachable(url: string, until: number, signal: AbortSignal): Promise<boolean> {
  while (!(await isReachable(url, signal))) {
    if (performance.now() > until) return false;
    await sleep(RETRY_MS, undefined, { signal });
  }
  return true;
}

// Any answer will do, also a refusal: then somebody listens.
async function isReachable(url: string, signal: AbortSignal): Promise<boolean> {
  const timeout = AbortSignal.any([signal, AbortSignal.timeout(5_000)]);
  return fetch(`${url}/api/v1/status`, { signal: timeout }).then(
    async (answer) => {
      await answer.body?.cancel();
      return true;
    },
    () => {
      signal.throwIfAborted();
      return false;
    },
  );
}

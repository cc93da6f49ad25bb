import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MAX_GOLDEN_BYTES, parseGolden } from '../../../engines/golden.ts';
import { inheritedEnvironment } from '../../../platform/config/inherited-environment.ts';
import { ensureEnvironment } from '../../../platform/environments/ensure-environment.ts';
import { findPython } from '../../../platform/environments/find-python.ts';
import { readModelRequirements } from '../../../platform/environments/model-environment.ts';
import { pythonPath } from '../../../platform/environments/python-path.ts';
import { run } from '../../../platform/processes/run.ts';
import { writeHashed } from './fetch-model.ts';
import { environmentsRoot, type ModelPreparation, type PrepareParts } from './parts.ts';
import { during, PrepareFailure } from './prepare-failure.ts';
import { storeFile } from './store-file.ts';

export interface ObtainedGolden {
  /** On this disk. */
  readonly file: string;
  readonly sha256: string;
  readonly origin: 'job' | 'rebuilt';
}

const TIME_LIMIT_MS = 10 * 60_000;
/** Exit code of `bucle.golden`: the model cannot be loaded. */
const UNLOADABLE = 3;
/** How its report for programs begins. */
const REPORT = '{"models":';
const NEXT =
  'Log the model with `input_example=…` (or train it in a job whose dataset covers its signature), and deploy that version.';

/** The golden answers of the model: recorded where it was trained, else computed from its requirements now. */
export async function obtainGolden(parts: PrepareParts, preparation: ModelPreparation): Promise<ObtainedGolden> {
  const { modelId, scratch, signal, onLine } = preparation;
  const file = join(scratch, 'golden.json');
  const recorded = await parts.source.golden(parts, modelId);
  if (recorded) await writeHashed(recorded, file, signal);
  else {
    onLine('computing golden answers in an environment made from the requirements of the model');
    await rebuild(parts, preparation, file);
  }
  const origin = await checkGolden(file);
  const { sha256 } = await storeFile(parts.blobs, file, 'golden.json');
  if (!recorded) await parts.source.keepGolden(parts, modelId, await readFile(file));
  return { file, sha256, origin };
}

/** Answers that prove nothing are refused here, before a gateway is bothered. */
async function checkGolden(file: string): Promise<'job' | 'rebuilt'> {
  const body = await readFile(file);
  if (body.length > MAX_GOLDEN_BYTES) throw refuse('The golden requests of the model are too large.');
  const golden = await during('golden', NEXT, async () => parseGolden(body.toString('utf8')));
  if (golden.requests.some(({ outputs }) => outputs !== null && outputs.length > 0)) return golden.origin;
  const notes = golden.notes.length === 0 ? '' : ` (${golden.notes.join('; ')})`;
  throw refuse(`Nothing can be proved about the model: no golden request has an answer${notes}.`);
}

async function rebuild(parts: PrepareParts, preparation: ModelPreparation, file: string): Promise<void> {
  const { modelId, folder, signal, onLine } = preparation;
  const python = await during('golden', NEXT, () => modelPython(parts, preparation));
  const args = ['--model', folder, '--out', file, '--model-id', modelId, '--origin', 'rebuilt'];
  const result = await run(python, ['-m', 'bucle.golden', ...args], {
    cwd: preparation.scratch,
    env: { ...inheritedEnvironment(), PYTHONPATH: pythonPath(), PYTHONNOUSERSITE: '1', HOME: preparation.scratch },
    timeoutMs: TIME_LIMIT_MS,
    signal,
    onLine: (line) => {
      if (!line.startsWith(REPORT)) onLine(line);
    },
  });
  if (result.code === 0) return;
  const words = result.timedOut
    ? `it took longer than ${TIME_LIMIT_MS / 60_000} minutes`
    : result.stderr.trim().split('\n').slice(-3).join(' ').slice(-600);
  if (result.code === UNLOADABLE) {
    throw new PrepareFailure({
      step: 'model',
      reason: `Where its own requirements are installed, ${words.replace(/^the model/, 'the model')}`,
      next: 'Try `mlflow.pyfunc.load_model` in an environment made from its requirements.txt; log it with what is missing.',
    });
  }
  throw refuse(`The golden answers of the model could not be computed: ${words}`);
}

/** Interpreter of an environment made from the requirements of the model. */
async function modelPython(parts: PrepareParts, { folder, signal, onLine }: ModelPreparation): Promise<string> {
  const root = environmentsRoot(parts);
  const { lock, pythonVersion } = await readModelRequirements(folder);
  const given = parts.config.python;
  const python = pythonVersion === null ? given : await findPython({ root, python: given }, pythonVersion);
  if (python === null) {
    throw new PrepareFailure({
      step: 'golden',
      reason: `The model was trained with Python ${pythonVersion}, and this machine has no such Python.`,
      next: `Install Python ${pythonVersion}, or log the model with the Python that is here.`,
    });
  }
  return (await ensureEnvironment({ root, python, lock, onLine, signal })).python;
}

function refuse(reason: string): PrepareFailure {
  return new PrepareFailure({ step: 'golden', reason, next: NEXT });
}

import { defineErrors } from '../errors.ts';

export const environmentErrors = defineErrors('ENVIRONMENT', {
  PYTHON_MISSING: {
    status: 503,
    message: 'The Python {python} cannot be used: {reason}',
    next: 'Install Python 3.10 or newer with its venv module, or name one by BUCLE_PYTHON.',
  },
  UV_MISSING: {
    status: 503,
    message: 'uv, which builds Python environments, is not installed, and installing it failed: {reason}',
    next: 'Install uv by hand (https://docs.astral.sh/uv), or make the package index reachable.',
    retryable: true,
  },
  LOCK_MISSING: {
    status: 422,
    message: 'The environment cannot be built: {path} {problem}.',
    next: 'Correct the path, or put the file into the snapshot.',
  },
  BUILD_FAILED: {
    status: 422,
    message: 'The Python environment of {lock} cannot be built{package}: {reason}',
    next: 'Correct {lock}; the same happens with `uv pip install` on this machine.',
  },
  INDEX_UNREACHABLE: {
    status: 503,
    message: 'The Python environment of {lock} cannot be built, because the package index does not answer: {reason}',
    next: 'Check the network of the server; UV_DEFAULT_INDEX names another index.',
    retryable: true,
  },
});

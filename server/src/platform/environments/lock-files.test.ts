import { describe, expect, test } from 'vitest';
import { inheritedEnvironment } from '../config/inherited-environment.ts';
import { explainFailure } from './explain-failure.ts';
import { uvEnvironment } from './install-packages.ts';
import { isLocalPath, requirementLines } from './lock-files.ts';

describe('requirement files', () => {
  test('are read by logical lines, without comments', () => {
    const text = '# head\nnumpy==2.0 \\\n    --hash=sha256:aa\n\nfoo @ https://x/#egg=foo  # why\n-r other.txt\n';
    expect(requirementLines(text)).toEqual([
      'numpy==2.0      --hash=sha256:aa',
      'foo @ https://x/#egg=foo',
      '-r other.txt',
    ]);
  });

  test.each([
    ['.', true],
    ['-e .', true],
    ['./pkg[extra]', true],
    ['--editable=../other', true],
    ['foo @ file:///x', true],
    ['numpy', false],
    ['.hidden', false],
    ['--find-links ./wheels', false],
  ])('%s points to code beside the lock: %s', (line, expected) => {
    expect(isLocalPath(line)).toBe(expected);
  });
});

describe('the failure of a build', () => {
  test.each([
    [
      '  × No solution found when resolving dependencies:\n  ╰─▶ Because gamma was not found in the provided package locations and you\n      require gamma>=3',
      'gamma',
      false,
    ],
    ['  × Failed to build `pkg==1.2`\n  ├─▶ The build backend returned an error', 'pkg==1.2', false],
    ['  ╰─▶ Because there is no version of numpy==99 and you require numpy==99, we can', 'numpy==99', false],
    [
      'error: Failed to fetch: `https://pypi.org/simple/numpy/`\n  Caused by: error sending request for url',
      null,
      true,
    ],
  ])('names the package and knows a network: %j', (output, package_, unreachable) => {
    expect(explainFailure(output)).toMatchObject({ package: package_, unreachable });
  });
});

describe('the environment of a child', () => {
  test('holds the user’s own variables, but none of ours, of npm or of another Python', () => {
    const env = {
      HOME: '/h',
      PATH: '/repo/node_modules/.bin:/usr/bin',
      AWS_PROFILE: 'p',
      BUCLE_TOKEN: 's',
      MLFLOW_TRACKING_URI: 'u',
      npm_config_x: 'y',
      PYTHONPATH: '/p',
      VIRTUAL_ENV: '/v',
      NODE_OPTIONS: '-C x',
      NODE_EXTRA_CA_CERTS: '/ca',
    };
    expect(inheritedEnvironment(env)).toEqual({
      HOME: '/h',
      PATH: '/usr/bin',
      AWS_PROFILE: 'p',
      NODE_EXTRA_CA_CERTS: '/ca',
    });
  });

  test('an index that was set for pip is used by uv, unless uv has its own', () => {
    expect(uvEnvironment({ PIP_INDEX_URL: 'http://i' })).toMatchObject({ UV_DEFAULT_INDEX: 'http://i' });
    expect(uvEnvironment({ PIP_INDEX_URL: 'http://i', UV_DEFAULT_INDEX: 'http://j' })).toMatchObject({
      UV_DEFAULT_INDEX: 'http://j',
    });
  });
});

import { expect, test } from 'vitest';
import { addUp, readPytest, readVitest } from './outcome.ts';

const vitest = (results: readonly { fullName: string; status: string }[], status = 'passed') =>
  JSON.stringify({ testResults: [{ name: '/root/a.test.ts', status, assertionResults: results }] });

test('both runners are summed, and skips are named with their reason', () => {
  const first = readVitest(
    vitest([
      { fullName: 'a', status: 'passed' },
      { fullName: 'blobs on S3', status: 'skipped' },
    ]),
    0,
    '/root',
  );
  const second = readPytest(
    '<testsuites><testsuite name="pytest" errors="1" failures="1" skipped="1" tests="5" time="1">' +
      '<testcase classname="test_a" name="test_b" time="0.1"><skipped type="pytest.skip" message="no GPU">x</skipped></testcase>' +
      '<testcase classname="test_a" name="test_c" time="0.1"><failure message="no">x</failure></testcase>' +
      '<testcase classname="test_a" name="test_d" time="0.1"><error message="no">x</error></testcase>',
    1,
  );
  expect(addUp([first, second])).toEqual({
    passed: 3,
    failed: 2,
    failures: ['test_a: test_c', 'test_a: test_d'],
    skipped: ['a.test.ts: blobs on S3 (no S3 server: see CONTRIBUTING.md)', 'test_a: test_b (no GPU)'],
  });
});

test('a test file that does not load counts as failed', () => {
  expect(readVitest(vitest([], 'failed'), 1, '/root')).toMatchObject({
    failed: 1,
    failures: ['a.test.ts does not load'],
  });
});

test('what failed is named', () => {
  expect(readVitest(vitest([{ fullName: 'a b', status: 'failed' }], 'failed'), 1, '/root')).toMatchObject({
    failed: 1,
    failures: ['a.test.ts: a b'],
  });
});

test('a runner that ends badly without a failed test, or without a report, counts as failed', () => {
  expect(readVitest(vitest([{ fullName: 'a', status: 'passed' }]), 1, '/root')).toMatchObject({ passed: 1, failed: 1 });
  expect(readPytest(null, 4).trouble).toBe('pytest ended with code 4 and without a report.');
});

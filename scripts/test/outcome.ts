import { relative } from 'node:path';

/** What one test runner says in the end. */
export interface Outcome {
  readonly passed: number;
  readonly failed: number;
  /** A line each: which. */
  readonly failures: readonly string[];
  /** A line each: what and why. */
  readonly skipped: readonly string[];
  /** What went wrong besides failed tests. */
  readonly trouble: string | null;
}

interface VitestReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

/** Counts Vitest's JSON report; `null`: it wrote none. */
export function readVitest(report: string | null, code: number, root: string): Outcome {
  if (report === null) return neverReported('Vitest', code);
  const files = (JSON.parse(report) as VitestReport).testResults;
  const tests = files.flatMap(({ name, assertionResults }) =>
    assertionResults.map((test) => ({ ...test, file: relative(root, name) })),
  );
  const having = (...statuses: string[]) => tests.filter(({ status }) => statuses.includes(status));
  // A file that does not load has no tests that could fail.
  const unloaded = files.filter((file) => file.status === 'failed' && file.assertionResults.length === 0);
  const failures = [
    ...having('failed').map(({ file, fullName }) => `${file}: ${fullName.trim()}`),
    ...unloaded.map(({ name }) => `${relative(root, name)} does not load`),
  ];
  return judge('Vitest', code, {
    passed: having('passed').length,
    failed: failures.length,
    failures,
    skipped: having('skipped', 'pending', 'todo', 'disabled').map(
      ({ file, fullName }) => `${file}: ${fullName.trim()} (${reasonOf(fullName)})`,
    ),
  });
}

/** Counts pytest's JUnit report; `null`: it wrote none. */
export function readPytest(report: string | null, code: number): Outcome {
  if (report === null) return neverReported('pytest', code);
  const suite = /<testsuite\b[^>]*>/.exec(report)?.[0] ?? '';
  const count = (name: string) => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(suite)?.[1] ?? 0);
  const skipped = [...report.matchAll(/<testcase\b([^>]*)><skipped\b[^>]*\bmessage="([^"]*)"/g)].map(
    ([, test = '', reason]) => `${attribute(test, 'classname')}: ${attribute(test, 'name')} (${reason})`,
  );
  const failures = [...report.matchAll(/<testcase\b([^>]*)><(?:failure|error)\b/g)].map(
    ([, test = '']) => `${attribute(test, 'classname')}: ${attribute(test, 'name')}`,
  );
  const failed = count('failures') + count('errors');
  return judge('pytest', code, { passed: count('tests') - failed - count('skipped'), failed, failures, skipped });
}

export function addUp(outcomes: readonly Outcome[]): Omit<Outcome, 'trouble'> {
  const sum = (pick: (outcome: Outcome) => number) => outcomes.reduce((total, outcome) => total + pick(outcome), 0);
  return {
    passed: sum(({ passed }) => passed),
    failed: sum(({ failed }) => failed),
    failures: outcomes.flatMap(({ failures }) => failures),
    skipped: outcomes.flatMap(({ skipped }) => skipped),
  };
}

// A runner that ends badly without a failed test (an unhandled error, no test at all) must not look green.
function judge(runner: string, code: number, counts: Omit<Outcome, 'trouble'>): Outcome {
  if (code === 0 || counts.failed > 0) return { ...counts, trouble: null };
  return { ...counts, failed: 1, trouble: `${runner} ended with code ${code} although no test failed: see above.` };
}

function neverReported(runner: string, code: number): Outcome {
  return {
    passed: 0,
    failed: 1,
    failures: [],
    skipped: [],
    trouble: `${runner} ended with code ${code} and without a report.`,
  };
}

function reasonOf(name: string): string {
  return /\bS3\b/.test(name) ? 'no S3 server: see CONTRIBUTING.md' : 'marked so in the test';
}

function attribute(text: string, name: string): string {
  return new RegExp(`\\b${name}="([^"]*)"`).exec(text)?.[1] ?? '';
}

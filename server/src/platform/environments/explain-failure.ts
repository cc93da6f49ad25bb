export interface Failure {
  /** The last lines of what was printed. */
  readonly reason: string;
  /** Which package it was, where the output says so. */
  readonly package: string | null;
  /** True when nothing is wrong with the lock, only with the network. */
  readonly unreachable: boolean;
}

const PACKAGE = [
  /Failed to (?:build|download(?: and build)?|fetch|extract|prepare distributions?:?) `([^`]+)`/,
  /Because (?:only )?(\S+) (?:was not found|has no|is not available|could not be)/,
  /Because (?:there is|there are) no versions? of (\S+?)(?:[\s,]|$)/,
  /(\S+) was not found in the package registry/,
  /Hash mismatch for `([^`]+)`/,
  /only the following versions of (\S+) are available/,
];
const NETWORK =
  /error sending request|dns error|Could not connect|Failed to fetch: `http|connection refused|timed out|operation timed out|tcp connect error/i;
const LINES = 12;

/** What uv printed, in a form for a person. */
export function explainFailure(output: string): Failure {
  const lines = output
    .split(/\r?\n/)
    .map((line) => line.trimEnd())
    .filter((line) => line.trim() !== '' && !/^(Using|Resolved|Creating|Activate|Prepared|Downloading)\b/.test(line));
  const flat = lines
    .join(' ')
    .replace(/[│╰─▶├×]/g, ' ')
    .replace(/\s+/g, ' ');
  const package_ = PACKAGE.map((pattern) => pattern.exec(flat)?.[1]).find((name) => name !== undefined);
  return {
    reason: lines.slice(-LINES).join('\n').slice(-2_000),
    package: package_?.replace(/[,.]$/, '') ?? null,
    unreachable: NETWORK.test(flat),
  };
}

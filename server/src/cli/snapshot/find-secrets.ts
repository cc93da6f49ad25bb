/** Something that looks like a secret; never the secret itself. */
export interface Finding {
  readonly path: string;
  /** 1, 2, …; absent when the name of the file tells. */
  readonly line?: number;
  readonly rule: string;
  readonly meaning: string;
}

interface Rule {
  readonly rule: string;
  readonly meaning: string;
  readonly pattern: RegExp;
}

/** Matched against the name of the file. */
const nameRules: readonly Rule[] = [
  {
    rule: 'env-file',
    meaning: 'a file of environment variables',
    pattern: /^\.env(\.(?!example$|sample$|template$|dist$|defaults$).+)?$/,
  },
  { rule: 'ssh-key', meaning: 'a private SSH key', pattern: /^id_(rsa|dsa|ecdsa|ed25519)(_sk)?$/ },
  { rule: 'key-store', meaning: 'a store of private keys', pattern: /\.(p12|pfx|jks|keystore|kdbx)$/i },
  {
    rule: 'password-file',
    meaning: 'a file of passwords',
    pattern: /^(\.netrc|_netrc|\.pgpass|\.git-credentials|\.htpasswd|\.pypirc)$/,
  },
];

/** Matched against each line of small text files. */
const lineRules: readonly Rule[] = [
  { rule: 'private-key', meaning: 'a private key', pattern: /-----BEGIN ([A-Z0-9]+ ){0,3}PRIVATE KEY( BLOCK)?-----/ },
  { rule: 'aws-key', meaning: 'an AWS access key', pattern: /\b(AKIA|ASIA)(?![0-9A-Z]*EXAMPLE\b)[0-9A-Z]{16}\b/ },
  {
    rule: 'aws-secret',
    meaning: 'an AWS secret key',
    pattern:
      /aws_?secret_?(access_?)?key["']?\s*[=:]\s*["']?(?![A-Za-z0-9/+]*EXAMPLE)[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+])/i,
  },
  { rule: 'github-token', meaning: 'a GitHub token', pattern: /\b(gh[pousr]_[A-Za-z0-9]{36}|github_pat_\w{40})/ },
  { rule: 'gitlab-token', meaning: 'a GitLab token', pattern: /\bglpat-[\w-]{20}/ },
  { rule: 'slack-token', meaning: 'a Slack token', pattern: /\bxox[abprs]-[A-Za-z0-9-]{20}/ },
  { rule: 'google-key', meaning: 'a Google API key', pattern: /\bAIza[\w-]{35}\b/ },
  { rule: 'huggingface-token', meaning: 'a Hugging Face token', pattern: /\bhf_[A-Za-z0-9]{34}\b/ },
  { rule: 'api-key', meaning: 'a key of a model provider', pattern: /\bsk-(proj-|ant-)[\w-]{32}/ },
  { rule: 'stripe-key', meaning: 'a Stripe key', pattern: /\b[rs]k_live_[A-Za-z0-9]{24}/ },
  {
    rule: 'registry-token',
    meaning: 'a token of a package registry',
    pattern: /\b(npm_[A-Za-z0-9]{36}\b|pypi-AgE[\w-]{50})/,
  },
  { rule: 'npm-token', meaning: 'a token of a package registry', pattern: /:_authToken\s*=\s*(?!\$)\S{8}/ },
  { rule: 'bucle-token', meaning: 'a token of Bucle', pattern: /\bbucle_[\w-]{43}\b/ },
];

/** Larger files are data or built; looking into them costs more than it finds. */
export const MAX_SCANNED_BYTES = 1024 * 1024;

export function findByName(path: string): Finding | undefined {
  const name = path.split('/').at(-1) ?? path;
  const found = nameRules.find(({ pattern }) => pattern.test(name));
  return found && { path, rule: found.rule, meaning: found.meaning };
}

/** At most one finding for each rule. Binary files have none. */
export function findInText(path: string, bytes: Uint8Array): Finding[] {
  if (bytes.length > MAX_SCANNED_BYTES || bytes.includes(0)) return [];
  const text = new TextDecoder().decode(bytes);
  return lineRules.flatMap(({ rule, meaning, pattern }) => {
    const at = text.search(pattern);
    return at < 0 ? [] : [{ path, line: text.slice(0, at).split('\n').length, rule, meaning }];
  });
}

/** `  config.py, line 12: an AWS access key (aws-key)`. */
export function describeFinding({ path, line, rule, meaning }: Finding): string {
  return `  ${path}${line === undefined ? '' : `, line ${line}`}: ${meaning} (${rule})`;
}

import { settings } from '../../server/src/platform/config/settings.ts';
import type { ErrorSpec } from '../../server/src/platform/errors.ts';

/** docs/errors.md: every code that a caller may see. */
export function writeErrors(catalogues: readonly Readonly<Record<string, ErrorSpec>>[]): string {
  const codes = Object.entries(Object.assign({}, ...catalogues) as Record<string, ErrorSpec>).sort(([a], [b]) =>
    a < b ? -1 : 1,
  );
  return [
    '# Errors',
    '',
    'Bucle’s own API answers a failure as `application/problem+json` (RFC 9457). `code` is stable; `next` says what to do;',
    '`retryable` means that the same request may succeed later. The MLflow routes answer as MLflow does. Generated: do not edit.',
    '',
    ...codes.flatMap(([code, { status, message, next, retryable }]) => [
      `## ${code}`,
      '',
      `Status ${status}${retryable ? ', retryable' : ''}. ${message}`,
      ...(next === undefined ? [] : ['', `Next: ${next}`]),
      '',
    ]),
  ].join('\n');
}

/** docs/config.md: every setting. */
export function writeConfig(): string {
  return [
    '# Settings',
    '',
    'A flag wins over the environment, the environment over the default. A group that is half set stops the start. Generated: do not edit.',
    '',
    '| Variable | Default | Meaning |',
    '|---|---|---|',
    ...Object.values(settings).map(
      ({ env, fallback, meaning }) =>
        `| \`${env}\` | ${fallback === null || fallback === '' ? '–' : `\`${fallback}\``} | ${meaning} |`,
    ),
    '',
  ].join('\n');
}

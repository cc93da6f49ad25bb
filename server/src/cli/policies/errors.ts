import { defineErrors } from '../../platform/errors.ts';

export const policyCliErrors = defineErrors('CLI_POLICY', {
  UNREADABLE: {
    status: 400,
    message: '{path} cannot be read as a policy: {reason}.',
    next: 'Write YAML or JSON with `policies:` as in bucle.yaml, or one policy with its `name`.',
  },
  NOT_IN_FILE: { status: 404, message: '{path} has no policy {name}.', next: 'It has: {known}.' },
});

import { defineErrors } from '../errors.ts';

export const authErrors = defineErrors('AUTH', {
  TOKEN_EXISTS: {
    status: 409,
    message: 'A live token named {name} exists.',
    next: 'Choose another name, or `bucle tokens revoke {name}` first.',
  },
  TOKEN_NOT_FOUND: {
    status: 404,
    message: 'There is no live token named {name}.',
    next: '`bucle tokens ls` shows them.',
  },
  NO_TOKEN: {
    status: 400,
    message: 'Callers are to show a token, and there is none yet.',
    next: 'Create one while the server runs without --require-tokens: `bucle up`, then `bucle tokens create NAME`.',
  },
  TOKENS_REQUIRED: {
    status: 400,
    message: 'The address {host} can be reached from outside this machine, and there is no token to protect it.',
    next: 'Create one while the server runs on loopback (`bucle up`, then `bucle tokens create NAME`), or say --insecure to serve everybody.',
  },
});

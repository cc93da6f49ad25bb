import { defineErrors } from '../errors.ts';

export const webhookErrors = defineErrors('WEBHOOKS', {
  EXISTS: {
    status: 409,
    message: 'A webhook named {name} exists.',
    next: 'Choose another name, or `bucle webhooks rm {name}` first.',
  },
  NOT_FOUND: { status: 404, message: 'There is no webhook named {name}.', next: '`bucle webhooks ls` shows them.' },
  DELIVERY_NOT_FOUND: {
    status: 404,
    message: 'The webhook {name} has no delivery {delivery}.',
    next: '`bucle webhooks deliveries {name}` shows them.',
  },
  URL_INVALID: {
    status: 400,
    message: 'The address is no URL that a webhook can have: {problem}.',
    next: 'Give one like https://example.org/hook, without user name and password.',
  },
  HTTPS_NEEDED: {
    status: 400,
    message: 'What is sent to {host} would travel unencrypted.',
    next: 'Use https://, or name {host} in BUCLE_WEBHOOK_ALLOW if that network is yours.',
  },
  ADDRESS_REFUSED: {
    status: 400,
    message: '{host} is at {address}, which is no public address.',
    next: 'If it is yours, start the server with {host} or a network like 10.1.0.0/16 in BUCLE_WEBHOOK_ALLOW.',
  },
  HOST_UNKNOWN: {
    status: 400,
    message: 'The name {host} leads to no address.',
    next: 'Check the spelling, and that this server can resolve it.',
  },
});

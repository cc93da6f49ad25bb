import { defineErrors } from '../errors.ts';

export const listenErrors = defineErrors('LISTEN', {
  PORT_TAKEN: {
    status: 409,
    message: 'The {what} cannot listen on {host}:{port}: another program has that port.',
    next: 'Choose another port with {flag}, or stop the other program (`bucle doctor` looks at the ports).',
  },
  ADDRESS_REFUSED: {
    status: 400,
    message: 'The {what} cannot listen on {host}:{port}: {reason}.',
    next: 'Name an address of this machine with --host, and a port that you may use with {flag}.',
  },
});

export interface ListenPlace {
  /** `server`, `gateway`. */
  readonly what: string;
  readonly host: string;
  readonly port: number;
  /** Flag that chooses the port. */
  readonly flag: string;
}

/** Says what a failure to listen means; anything else comes back as it is. */
export function explainListen(error: unknown, { what, host, port, flag }: ListenPlace): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') return listenErrors.PORT_TAKEN({ what, host, port, flag }, { cause: error });
  const reasons: Readonly<Record<string, string>> = {
    EADDRNOTAVAIL: 'this machine has no such address',
    ENOTFOUND: 'nobody knows that name',
    EAI_AGAIN: 'the name cannot be looked up',
    EACCES: 'this user may not use that port',
  };
  const reason = reasons[code ?? ''];
  return reason === undefined
    ? error
    : listenErrors.ADDRESS_REFUSED({ what, host, port, flag, reason }, { cause: error });
}

import { defineErrors } from './platform/errors.ts';

export const roleErrors = defineErrors('ROLE', {
  FOLDER_TAKEN: {
    status: 409,
    message: 'Another server (process {pid}) works on the data folder {data}.',
    next: 'Stop it first (`bucle down --data {data}`), or choose another folder with --data.',
  },
  UNKNOWN: { status: 400, message: 'The role {role} is not one of: server, gateway, runner.' },
});

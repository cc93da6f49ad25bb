import { defineErrors } from '../platform/errors.ts';

export const projectErrors = defineErrors('PROJECT', {
  INVALID: {
    status: 422,
    message: '{file} is not valid:\n{list}',
    next: 'Correct it; an editor that knows the schema completes it: put `# yaml-language-server: $schema=URL/schemas/bucle.json` at its top.',
  },
  NO_CODE: {
    status: 422,
    message: 'The job {job} has no code yet.',
    next: '`bucle apply` sends the folder of bucle.yaml; over HTTP, name a committed snapshot as `code`.',
  },
  CHANGED: {
    status: 409,
    message: 'What is live, or the file, is no longer what the plan {plan} was made of.',
    next: 'Look at the new one with `bucle plan`.',
  },
  REFUSED: {
    status: 409,
    message: 'The plan is refused: {reasons}.',
    next: '{hint}',
  },
  INTERRUPTED: {
    status: 409,
    message: '{made} of {total} changes were made ({done}); then {ref} failed: {reason}',
    next: 'Mend that and run `bucle apply` again: what is done is not done twice.',
  },
  NOT_FOUND: {
    status: 404,
    message: 'No project {project} was ever applied.',
    next: 'Leave the name out to export everything that is live.',
  },
});

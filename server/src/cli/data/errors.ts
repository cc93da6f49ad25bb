import { defineErrors } from '../../platform/errors.ts';

export const dataCliErrors = defineErrors('CLI', {
  CHANGED: {
    status: 400,
    message: '{path} changed while it was read.',
    next: 'Push again when nobody writes it; what was sent already is not sent again.',
  },
  UNREADABLE: {
    status: 400,
    message: '{path} cannot be read: {reason}.',
    next: 'Make it readable, or push another path.',
  },
  MANIFEST_TOO_LARGE: {
    status: 400,
    message: 'The list of these files and their chunks has {bytes}; a server takes at most {limit}.',
    next: 'Push it as several datasets, or pack small files into larger ones.',
  },
  DAMAGED: {
    status: 500,
    message: 'The bytes that came for {what} do not have the hash that they should have; they were thrown away.',
    next: 'Pull again. If it happens again, push the same data again from its source.',
  },
  TARGET_TAKEN: {
    status: 409,
    message: '{path} is in the way: {reason}',
    next: 'Pull into an empty or a new folder: bucle data pull {ref} DIR',
  },
});

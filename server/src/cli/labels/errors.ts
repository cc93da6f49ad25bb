import { defineErrors } from '../../platform/errors.ts';

export const labelCliErrors = defineErrors('CLI', {
  LABEL_FILE_UNREADABLE: {
    status: 400,
    message: '{path} cannot be read: {reason}.',
    next: 'Name a file of labels: CSV with a header (.csv), Parquet (.parquet) or JSON lines (.jsonl, .ndjson).',
  },
  LABEL_FILE_CHANGED: {
    status: 400,
    message: '{path} changed while it was read.',
    next: 'Import it again when nobody writes it; what was kept already is not kept twice.',
  },
});

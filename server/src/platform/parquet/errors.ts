import { defineErrors } from '../errors.ts';

export const parquetErrors = defineErrors('PARQUET', {
  UNREADABLE: { status: 422, message: '{file} cannot be read as {format}: {reason}' },
  TIME_LIMIT: { status: 422, message: 'Reading the tables took longer than {seconds} s.' },
  OUT_OF_MEMORY: { status: 422, message: 'Reading the tables needs more than {limit} of memory.' },
  CRASHED: { status: 500, message: 'The thread that read the tables ended: {reason}', retryable: true },
});

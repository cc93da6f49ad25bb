import { defineErrors } from '../errors.ts';

export const parquetErrors = defineErrors('PARQUET', {
  UNREADABLE: { status: 422, message: '{file} cannot be read as {format}: {reason}' },
  COLUMN_MISSING: { status: 422, message: '{files} has no column {column}; it has {columns}.' },
  VALUE_REFUSED: { status: 422, message: 'Row {row} has a value in column {column} that is no {type}: {value}.' },
  TIME_LIMIT: { status: 422, message: 'Reading the tables took longer than {seconds} s.' },
  OUT_OF_MEMORY: { status: 422, message: 'Reading the tables needs more than {limit} of memory.' },
  CRASHED: { status: 500, message: 'The thread that read the tables ended: {reason}', retryable: true },
});

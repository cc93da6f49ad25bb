import { expect, test } from 'vitest';
import { BucleError, defineErrors } from './errors.ts';

const errors = defineErrors('SHOP', {
  SOLD_OUT: {
    status: 409,
    message: 'There is no {thing} left; there are {others}.',
    next: 'Order {thing} later.',
    retryable: true,
  },
  CLOSED: { status: 503, message: 'Closed.' },
});

test('an error has the code of its catalogue, and its texts are filled from the details', () => {
  const error = errors.SOLD_OUT({ thing: 'tea', others: ['coffee', 'milk'] });
  expect(error).toBeInstanceOf(BucleError);
  expect(error).toMatchObject({
    code: 'SHOP_SOLD_OUT',
    status: 409,
    message: 'There is no tea left; there are coffee, milk.',
    next: 'Order tea later.',
    retryable: true,
  });
});

test('the catalogue lists its codes for the reference page', () => {
  expect(Object.keys(errors.specs)).toEqual(['SHOP_SOLD_OUT', 'SHOP_CLOSED']);
  expect(errors.CLOSED()).toMatchObject({ retryable: false, next: undefined });
});

import { SerializerSelector } from '@fastify/fast-json-stringify-compiler';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import type { FastifyInstance } from 'fastify';

type Validator = ((data: unknown) => boolean) & { errors?: ErrorObject[] | null };
type SerializerFactory = ReturnType<ReturnType<typeof SerializerSelector>>;

/**
 * Validators and serialisers are made when a route is used for the first time: there are hundreds of routes, and to
 * compile all of them costs more than everything else that a start does.
 */
export function compileLate(app: Pick<FastifyInstance, 'setValidatorCompiler'>): void {
  // Query strings and path parameters are text, so numbers in them are converted; bodies must say what they mean.
  const strict = new Ajv({ allErrors: false, strict: false, useDefaults: true });
  const converting = new Ajv({ allErrors: false, strict: false, useDefaults: true, coerceTypes: 'array' });
  app.setValidatorCompiler(({ schema, httpPart }) =>
    lateValidator(httpPart === 'body' ? strict : converting, schema as object),
  );
}

function lateValidator(ajv: Ajv, schema: object): Validator {
  let compiled: ValidateFunction | undefined;
  const validate: Validator = (data) => {
    compiled ??= ajv.compile(schema);
    const isValid = compiled(data);
    validate.errors = compiled.errors ?? null;
    return isValid as boolean;
  };
  return validate;
}

const select = SerializerSelector();

/** For Fastify's `schemaController.compilersFactory`. */
export const buildSerializer: typeof select = (schemas, options) => {
  const build = select(schemas, options) as (route: unknown) => (data: unknown) => string;
  const late = (route: unknown) => {
    let compiled: ((data: unknown) => string) | undefined;
    return (data: unknown): string => {
      compiled ??= build(route);
      return compiled(data);
    };
  };
  return late as unknown as SerializerFactory;
};

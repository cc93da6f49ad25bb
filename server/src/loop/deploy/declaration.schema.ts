import { type Static, Type } from 'typebox';
import { EventTime, PredictionMeaning } from './desired-state.schema.ts';
import { type Declaration, NAME_PATTERN } from './endpoint.ts';

export const strict = { additionalProperties: false } as const;
export const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) =>
  Type.Union([type, Type.Null()]);

export const Name = Type.String({ pattern: NAME_PATTERN });

/** What may be said about the predictions of an endpoint; what is left out stays as it is. */
export const declarationProperties = {
  prediction: Type.Optional(Nullable(PredictionMeaning)),
  event_time: Type.Optional(EventTime),
  key: Type.Optional(
    Nullable(
      Type.String({ minLength: 1, maxLength: 500, description: 'Feature that names what a prediction is about.' }),
    ),
  ),
  timeout_ms: Type.Optional(Nullable(Type.Integer({ minimum: 1, maximum: 3_600_000 }))),
  workers: Type.Optional(Nullable(Type.Integer({ minimum: 1, maximum: 64 }))),
};

/** On what another version may come to hold stable traffic. */
export const groundProperties = {
  decision: Type.Optional(
    Type.String({ minLength: 1, maxLength: 100, description: 'A decision that promotes the version here.' }),
  ),
  reason: Type.Optional(
    Type.String({ minLength: 1, maxLength: 2_000, description: 'Why without one: it is kept as an override.' }),
  ),
};

export const EndpointChange = Type.Object(declarationProperties, strict);

export function toDeclaration(body: Static<typeof EndpointChange>): Partial<Declaration> {
  const { prediction, event_time, key, timeout_ms, workers } = body;
  return {
    ...(prediction === undefined ? {} : { prediction }),
    ...(event_time === undefined ? {} : { eventTime: event_time }),
    ...(key === undefined ? {} : { key }),
    ...(timeout_ms === undefined ? {} : { timeoutMs: timeout_ms }),
    ...(workers === undefined ? {} : { workers }),
  };
}

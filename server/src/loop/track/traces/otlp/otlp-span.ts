import type { ValueMap } from '../value.ts';

/** A span as it arrives. Ids are raw bytes, empty where there is none; times nanoseconds since the epoch, 0: none. */
export interface OtlpSpan {
  readonly traceId: Uint8Array;
  readonly spanId: Uint8Array;
  readonly parentSpanId: Uint8Array;
  readonly name: string;
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly attributes: ValueMap;
  readonly events: readonly OtlpEvent[];
  readonly links: readonly OtlpLink[];
  /** 0 unset, 1 OK, 2 error. */
  readonly statusCode: number;
  readonly statusMessage: string;
}

export interface OtlpEvent {
  readonly timeNs: bigint;
  readonly name: string;
  readonly attributes: ValueMap;
}

export interface OtlpLink {
  readonly traceId: Uint8Array;
  readonly spanId: Uint8Array;
  readonly attributes: ValueMap;
}

/** The spans that one program reports, and what it says about itself. */
export interface ResourceSpans {
  readonly resource: ValueMap;
  readonly spans: readonly OtlpSpan[];
}

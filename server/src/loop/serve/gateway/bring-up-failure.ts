import type { EngineKind } from '../../../engines/engine.ts';
import type { ParityReport } from '../../../engines/parity-report.ts';

export interface FailureDetails {
  /** For a person. */
  readonly reason: string;
  /** The one that was tried. */
  readonly engine: EngineKind | null;
  readonly parity?: ParityReport | null;
  readonly onnxParity?: ParityReport | null;
}

/** The deployment itself cannot serve: trying again would not help. */
export class BringUpFailure extends Error {
  override readonly name = 'BringUpFailure';
  readonly details: FailureDetails;

  constructor(details: FailureDetails, options?: { cause?: unknown }) {
    super(details.reason, options);
    this.details = details;
  }
}

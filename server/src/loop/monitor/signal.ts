/** What is watched; each has its own share of false alarms, and at most one open alert per endpoint. */
export const signals = ['data_drift', 'data_quality', 'prediction_drift', 'quality', 'volume'] as const;

export type Signal = (typeof signals)[number];

/** Signals that depend on which version holds stable traffic: a promotion moves their reference. */
export const modelSignals: readonly Signal[] = ['data_drift', 'data_quality', 'prediction_drift', 'quality'];

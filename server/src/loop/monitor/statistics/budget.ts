export type BudgetDeclaration = {
  /** All alarms of one endpoint's monitor together, expected a year while nothing changes. Default 1. */
  falseAlarmsPerYear: number;
  features: number;
  windowsPerYear: number;
};

/**
 * How the declared budget is divided. Parts add up to 1, so all tests together raise at most the declared number of false alarms a year
 * in expectation, whatever depends on what (expectations add).
 */
export const BUDGET_PARTS = {
  /** Distribution of each feature in each window. */
  featureDrift: 0.45,
  /** Distribution of each feature in the last 4 windows pooled: a quarter of what data drift gets. */
  featureSlowDrift: 0.15,
  /** Missing, invalid, out of range or unseen values of each feature in each window. */
  dataQuality: 0.15,
  predictionDrift: 0.075,
  predictionSlowDrift: 0.025,
  /** The declared metric on labelled windows. */
  quality: 0.1,
  /** Rows per window. */
  volume: 0.05,
} as const;

export type BudgetPart = keyof typeof BUDGET_PARTS;

/** Tests of data quality per feature and window: missing, invalid, and out of range (numeric) or unseen (categorical). */
const QUALITY_CHECKS = 3;

/** With few tests a year a part of the budget may be much for one test; a p-value above this says nothing. */
const LARGEST_ALPHA = 0.05;

export type BudgetLine = {
  part: BudgetPart;
  falseAlarmsPerYear: number;
  testsPerYear: number;
  /** The level of each single test. */
  alpha: number;
};

export type Budget = Record<BudgetPart, BudgetLine>;

/** The level of every test of a monitor. Sum of testsPerYear × alpha ≤ the declared budget. */
export function splitBudget({ falseAlarmsPerYear, features, windowsPerYear }: BudgetDeclaration): Budget {
  const windows = Math.max(1, windowsPerYear);
  const perFeature = windows * Math.max(1, features);
  const line = (part: BudgetPart, testsPerYear: number): BudgetLine => {
    const share = falseAlarmsPerYear * BUDGET_PARTS[part];
    const alpha = Math.min(LARGEST_ALPHA, share / testsPerYear);
    return { part, falseAlarmsPerYear: alpha * testsPerYear, testsPerYear, alpha };
  };
  return {
    featureDrift: line('featureDrift', perFeature),
    featureSlowDrift: line('featureSlowDrift', perFeature),
    dataQuality: line('dataQuality', perFeature * QUALITY_CHECKS),
    predictionDrift: line('predictionDrift', windows),
    predictionSlowDrift: line('predictionSlowDrift', windows),
    quality: line('quality', windows),
    volume: line('volume', windows),
  };
}

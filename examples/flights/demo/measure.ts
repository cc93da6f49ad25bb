/** A prediction whose truth has come. */
export interface Judged {
  readonly probability: number;
  readonly late: boolean;
}

export interface Quality {
  readonly rows: number;
  readonly late: number;
  /** Area under the ROC curve, by ranks, ties counted half. */
  readonly auc: number;
  /** Mean negative log likelihood, natural logarithm; less is better. */
  readonly logLoss: number;
}

export function measure(judged: readonly Judged[]): Quality {
  const late = judged.filter((one) => one.late).length;
  const losses = judged.map((one) => -Math.log(clip(one.late ? one.probability : 1 - one.probability)));
  const logLoss = losses.reduce((sum, loss) => sum + loss, 0) / judged.length;
  return { rows: judged.length, late, auc: areaUnderCurve(judged), logLoss };
}

function areaUnderCurve(judged: readonly Judged[]): number {
  const sorted = judged.toSorted((a, b) => a.probability - b.probability);
  let rankSum = 0;
  let late = 0;
  for (let i = 0; i < sorted.length; ) {
    let j = i;
    while (j < sorted.length && sorted[j]?.probability === sorted[i]?.probability) j += 1;
    const lateHere = sorted.slice(i, j).filter((one) => one.late).length;
    rankSum += ((i + 1 + j) / 2) * lateHere;
    late += lateHere;
    i = j;
  }
  return (rankSum - (late * (late + 1)) / 2) / (late * (sorted.length - late));
}

function clip(probability: number): number {
  return Math.min(1 - 1e-15, Math.max(1e-15, probability));
}

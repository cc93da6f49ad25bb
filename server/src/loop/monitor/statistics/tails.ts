import erfc from '@stdlib/math-base-special-erfc';
import gammainc from '@stdlib/math-base-special-gammainc';
import betainc from '@stdlib/math-base-special-kernel-betainc';

/** Upper tails, computed as such: alarms live at 1e-5, where 1 − cdf has lost its digits. NaN in, NaN out. */

/** P(N(0, 1) > z); scipy.stats.norm.sf. */
export function normalUpper(z: number): number {
  return erfc(z / Math.SQRT2) / 2;
}

/** P(χ²(df) > x); scipy.stats.chi2.sf. */
export function chiSquaredUpper(x: number, df: number): number {
  return x <= 0 ? 1 : gammainc(x / 2, df / 2, true, true);
}

/** P(F(df1, df2) > x); scipy.stats.f.sf. Infinite `df2`: χ²(df1) / df1. */
export function fUpper(x: number, df1: number, df2: number): number {
  if (x <= 0) return 1;
  if (x === Number.POSITIVE_INFINITY) return 0;
  if (df2 === Number.POSITIVE_INFINITY) return chiSquaredUpper(x * df1, df1);
  return regularisedBeta(df2 / (df2 + df1 * x), df2 / 2, df1 / 2);
}

/** P(t(df) > x); scipy.stats.t.sf. Infinite `df`: N(0, 1). */
export function tUpper(x: number, df: number): number {
  if (df === Number.POSITIVE_INFINITY) return normalUpper(x);
  if (!Number.isFinite(x)) return x > 0 ? 0 : 1;
  const half = regularisedBeta(df / (df + x * x), df / 2, 0.5) / 2;
  return x >= 0 ? half : 1 - half;
}

const result = [0, 0];

/** I_x(a, b), the regularised incomplete beta function. */
function regularisedBeta(x: number, a: number, b: number): number {
  betainc.assign(x, a, b, true, false, result, 1, 0);
  return result[0] ?? Number.NaN;
}

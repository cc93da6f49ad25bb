/**
 * P(D_n ≥ d) for the two-sided one-sample Kolmogorov–Smirnov statistic of n values; scipy.stats.kstwo.sf. Which formula for which n
 * and d follows Simard & L'Ecuyer, "Computing the two-sided Kolmogorov–Smirnov distribution" (J. Stat. Software 39(11), 2011).
 */
export function kolmogorovUpper(d: number, n: number): number {
  if (!(n >= 1) || Number.isNaN(d)) return Number.NaN;
  if (d >= 1) return 0;
  const t = n * d;
  if (t <= 0.5) return 1;
  if (t <= 1) return 1 - rubenGambino(n, t);
  if (t >= n - 1) return 2 * (1 - d) ** n;
  if (d >= 0.5) return 2 * smirnovUpper(d, n);
  return middleUpper(d, n, t * d);
}

function middleUpper(d: number, n: number, nd2: number): number {
  // Both one-sided statistics can't be that large at once (Miller 1956): the error is below the result's last digit.
  if (nd2 >= (n <= 140 ? 4 : 2.2)) return Math.min(1, 2 * smirnovUpper(d, n));
  if (n <= 140 || (n <= 100_000 && n * d ** 1.5 <= 1.4)) return 1 - marsagliaTsangWang(d, n);
  return 1 - pelzGood(d, n);
}

/** P(D_n < d) for 1/2 < n·d ≤ 1: n! (2d − 1/n)ⁿ. */
function rubenGambino(n: number, t: number): number {
  let sum = 0;
  for (let i = 1; i <= n; i += 1) sum += Math.log((i / n) * (2 * t - 1));
  return Math.exp(sum);
}

/** P(D⁺_n ≥ d), Smirnov's sum d Σ C(n, j) (d + j/n)^(j−1) (1 − d − j/n)^(n−j): all terms positive, so no digits are lost. */
export function smirnovUpper(d: number, n: number): number {
  let sum = 0;
  let logChoose = 0;
  // What rounding has cut off so far: a million logarithms would else cost the last seven digits.
  let lost = 0;
  for (let j = 0; j <= Math.floor(n * (1 - d)); j += 1) {
    if (j > 0) {
      const term = Math.log((n - j + 1) / j) - lost;
      const next = logChoose + term;
      lost = next - logChoose - term;
      logChoose = next;
    }
    const up = d + j / n;
    const left = 1 - up;
    if (left > 0) sum += Math.exp(logChoose + (j - 1) * Math.log(up) + (n - j) * Math.log(left));
  }
  return Math.min(1, d * sum);
}

/** P(D_n < d) exactly, by powers of a matrix of 2⌈n·d⌉ − 1 rows (Marsaglia, Tsang & Wang, J. Stat. Software 8(18), 2003). */
function marsagliaTsangWang(d: number, n: number): number {
  const k = Math.ceil(n * d);
  const h = k - n * d;
  const size = 2 * k - 1;
  const power = matrixPower(durbinMatrix(size, h), n, size);
  let value = power.matrix[(k - 1) * size + k - 1] ?? 0;
  let exponent = power.exponent;
  for (let i = 1; i <= n; i += 1) {
    value = (value * i) / n;
    if (value < 1e-140) {
      value *= 1e140;
      exponent -= 140;
    }
  }
  return value * 10 ** exponent;
}

function durbinMatrix(size: number, h: number): Float64Array {
  const matrix = new Float64Array(size * size);
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column <= Math.min(row + 1, size - 1); column += 1) {
      let value = 1;
      if (column === 0) value -= h ** (row + 1);
      if (row === size - 1) value -= h ** (size - column);
      if (row === size - 1 && column === 0 && 2 * h > 1) value += (2 * h - 1) ** size;
      matrix[row * size + column] = value / factorial(row - column + 1);
    }
  }
  return matrix;
}

function factorial(n: number): number {
  let product = 1;
  for (let factor = 2; factor <= n; factor += 1) product *= factor;
  return product;
}

type Scaled = { matrix: Float64Array; exponent: number };

function matrixPower(matrix: Float64Array, power: number, size: number): Scaled {
  if (power === 1) return { matrix, exponent: 0 };
  const half = matrixPower(matrix, Math.floor(power / 2), size);
  const square = { matrix: multiply(half.matrix, half.matrix, size), exponent: 2 * half.exponent };
  const full = power % 2 === 0 ? square : { ...square, matrix: multiply(matrix, square.matrix, size) };
  const centre = full.matrix[Math.floor(size / 2) * (size + 1)] ?? 0;
  return centre > 1e140 ? { matrix: full.matrix.map((value) => value * 1e-140), exponent: full.exponent + 140 } : full;
}

function multiply(a: Float64Array, b: Float64Array, size: number): Float64Array {
  const product = new Float64Array(size * size);
  for (let row = 0; row < size; row += 1) {
    for (let inner = 0; inner < size; inner += 1) {
      const factor = a[row * size + inner] ?? 0;
      if (factor === 0) continue;
      for (let column = 0; column < size; column += 1) {
        product[row * size + column] = (product[row * size + column] ?? 0) + factor * (b[inner * size + column] ?? 0);
      }
    }
  }
  return product;
}

/** P(D_n < d) for large n: Kolmogorov's limit and three corrections in 1/√n (Pelz & Good, J. R. Stat. Soc. B 38, 1976). */
function pelzGood(d: number, n: number): number {
  const z2 = n * d * d;
  const pi2 = Math.PI ** 2;
  // Theta series over the halves (k + ½) and over the whole numbers k + 1, which only the later corrections have.
  const halves = [0, 0, 0, 0];
  const wholes = [0, 0];
  for (let k = 0; k <= Math.ceil((16 * Math.sqrt(z2)) / Math.PI); k += 1) {
    addTerms(halves, correctionTerms(z2, pi2 * (k + 0.5) ** 2), Math.exp((-pi2 * (k + 0.5) ** 2) / (2 * z2)));
    const x = pi2 * (k + 1) ** 2;
    addTerms(wholes, [x, (3 * z2 - x) * x], Math.exp(-x / (2 * z2)));
  }
  const [h0 = 0, h1 = 0, h2 = 0, h3 = 0] = halves;
  const [w2 = 0, w3 = 0] = wholes;
  const second = h2 / (36 * z2 ** 3.5) - w2 / (18 * z2 ** 1.5);
  const third = h3 / (3_240 * z2 ** 5) + w3 / (108 * z2 ** 3);
  return (
    Math.sqrt(Math.PI / 2) * ((2 * h0) / z2 ** 0.5 + h1 / (3 * z2 ** 2 * n ** 0.5) + second / n + third / n ** 1.5)
  );
}

function correctionTerms(z2: number, x: number): number[] {
  const [z4, z6, z8] = [z2 ** 2, z2 ** 3, z2 ** 4];
  return [
    1,
    x - z2,
    6 * z6 + 2 * z4 + x * (2 * z4 - 5 * z2) + x ** 2 * (1 - 2 * z2),
    -30 * z6 - 90 * z8 + x * (135 * z4 - 96 * z6) + x ** 2 * (212 * z4 - 60 * z2) + x ** 3 * (5 - 30 * z2),
  ];
}

function addTerms(sums: number[], terms: readonly number[], weight: number): void {
  for (const [index, term] of terms.entries()) sums[index] = (sums[index] ?? 0) + term * weight;
}

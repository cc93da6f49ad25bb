const BARS = '▁▂▃▄▅▆▇█';

/** A line of bars between the least and the greatest value; a blank for what is no number. */
export function sparkline(values: readonly (number | null)[]): string {
  const known = values.filter((value): value is number => value !== null && Number.isFinite(value));
  const least = Math.min(...known);
  const greatest = Math.max(...known);
  return values
    .map((value) => {
      if (value === null || !Number.isFinite(value)) return ' ';
      // Halves first: the difference of two large numbers may be none that a number can hold.
      const share = greatest === least ? 0.5 : (value / 2 - least / 2) / (greatest / 2 - least / 2);
      return BARS[Math.min(BARS.length - 1, Math.floor(share * BARS.length))];
    })
    .join('');
}

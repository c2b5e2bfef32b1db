const LEAST = 1;

/** Returns the heights of bars: the largest fills `full`, and what is not nothing can be seen. */
export function barsOf(numbers: readonly number[], full: number): number[] {
  const largest = Math.max(1, ...numbers);
  return numbers.map((number) => Math.max(LEAST, (number / largest) * full));
}

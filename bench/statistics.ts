/** The smallest, the middle and the greatest of some numbers. */
export interface Spread {
  readonly min: number
  readonly median: number
  readonly max: number
}

/** How the numbers of several rounds spread; throws for none. */
export function spread(numbers: readonly number[]): Spread {
  const sorted = numbers.toSorted((a, b) => a - b)
  return { min: at(sorted, 0), median: percentile(sorted, 0.5), max: at(sorted, sorted.length - 1) }
}

/** The value that a share of sorted numbers does not exceed (nearest rank); throws for no numbers. */
export function percentile(sorted: ArrayLike<number>, share: number): number {
  return at(sorted, Math.max(0, Math.ceil(sorted.length * share) - 1))
}

function at(sorted: ArrayLike<number>, index: number): number {
  const value = sorted[index]
  if (value === undefined) throw new Error('nothing was measured')
  return value
}

/** Minimum, median and maximum. */
export interface Spread {
  readonly min: number
  readonly median: number
  readonly max: number
}

/** Minimum, median and maximum of some numbers; throws if there are none. */
export function spread(numbers: readonly number[]): Spread {
  const sorted = numbers.toSorted((a, b) => a - b)
  return { min: at(sorted, 0), median: percentile(sorted, 0.5), max: at(sorted, sorted.length - 1) }
}

/** A percentile of sorted numbers (nearest rank); throws if there are none. */
export function percentile(sorted: ArrayLike<number>, share: number): number {
  return at(sorted, Math.max(0, Math.ceil(sorted.length * share) - 1))
}

function at(sorted: ArrayLike<number>, index: number): number {
  const value = sorted[index]
  if (value === undefined) throw new Error('nothing was measured')
  return value
}

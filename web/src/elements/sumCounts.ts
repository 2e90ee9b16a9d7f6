import type { RunCount } from '@pawl/sdk'

/** A number of runs, counted by the server. */
export interface Counted {
  readonly count: number
  /** False if there are more: the server counts settled runs only up to a limit. */
  readonly isExact: boolean
}

/** The runs of some statuses together. */
export function sumCounts(counts: readonly RunCount[], statuses: readonly RunCount['status'][]): Counted {
  const own = counts.filter(({ status }) => statuses.includes(status))
  return {
    count: own.reduce((sum, { count }) => sum + count, 0),
    isExact: own.every(({ isExact }) => isExact),
  }
}

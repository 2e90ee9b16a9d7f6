/** Projects with their share of the runs; the rest belongs to the first one. */
export const PROJECTS: readonly (readonly [name: string, percent: number])[] = [
  ['default', 50],
  ['web', 20],
  ['mobile', 12],
  ['infra', 9],
  ['research', 5],
  ['docs', 3],
  ['archive', 1],
]

/** A project that has runs, none of which waits to be claimed. */
export const IDLE_PROJECT = 'archive'

/** How many runs are active, in a database of any size: only the history grows. */
export const ACTIVE_RUNS = 4000

/** How many events the newest run has: a log of many pages. */
export const LONG_LOG = 60_000

/** A label of 100 runs, in a database of any size. */
export const RARE_LABEL = 'hotfix'
/** A label of one run in 20. */
export const COMMON_LABEL = 'priority:high'
/** A label of one run in 2,000. */
export const MIDDLE_LABEL = 'repo-77'

/** A word in the titles of 100 runs, in a database of any size. */
export const RARE_WORD = 'zebra'
/** A word in the title of one run in 8. */
export const COMMON_WORD = 'checkout'
/** Words in the title of one run in 2,000. */
export const MIDDLE_WORDS = 'ticket 77.'

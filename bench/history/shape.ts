/** Projects by name, with the share of the runs that are theirs; the rest is the first one's. */
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

/** How many runs are active, in a database of any size: history grows, the present does not. */
export const ACTIVE_RUNS = 4000

/** How many events the newest run has: a log of many pages. */
export const LONG_LOG = 60_000

/** A label that 100 runs carry, in a database of any size. */
export const RARE_LABEL = 'hotfix'
/** A label that one run in 20 carries. */
export const COMMON_LABEL = 'priority:high'
/** A label that one run in 2,000 carries. */
export const MIDDLE_LABEL = 'repo-77'

/** A word that stands in the titles of 100 runs, in a database of any size. */
export const RARE_WORD = 'zebra'
/** A word that stands in the title of one run in 8. */
export const COMMON_WORD = 'checkout'
/** Words that stand in the title of one run in 2,000. */
export const MIDDLE_WORDS = 'ticket 77.'

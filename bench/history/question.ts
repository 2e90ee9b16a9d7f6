import { COUNTED } from '../../src/store/run/countRuns.ts'
import type { Asker } from './asker.ts'
import { ACTIVE_RUNS } from './shape.ts'

/**
 * What the cost of a query may grow with: the entries of the returned page (`page`), the active runs (`active`), the limit for counting
 * settled runs (`counted`), the executions whose outcome is computed for one page (`judged`). Never the history. For two conditions
 * without a common index, also the matches of one of them (`matches`).
 */
export type Growth = 'page' | 'active' | 'counted' | 'judged' | 'matches'

/** How many pages of the database an answer with this many entries may read. */
export function maxBuffers(grows: Growth, entries: number): number {
  switch (grows) {
    case 'page':
      return 500 + 100 * entries
    case 'active':
      return 500 + ACTIVE_RUNS
    case 'counted':
      return 4 * COUNTED
    case 'judged':
      return 50 * JUDGED
    case 'matches':
      return 40_000
  }
}

/** Limit of executions whose outcome is computed for one page. */
const JUDGED = 2_000

/** A query, a command or a timer of the server whose cost is measured. */
export interface Question {
  /** Also determines the file for its plans. */
  readonly name: string
  /** What its cost may grow with. */
  readonly grows: Growth
  /** Executes it once; returns how many rows or entries the answer has. */
  ask(asker: Asker): Promise<number>
  /** The same for a later page, if it has pages; null if there is no such page. */
  at?(asker: Asker, page: number): Promise<((asker: Asker) => Promise<number>) | null>
}

/** The default number of entries of a page. */
export const PAGE = 50

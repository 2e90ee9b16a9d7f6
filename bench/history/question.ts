import { COUNTED } from '../../src/store/run/countRuns.ts'
import type { Asker } from './asker.ts'
import { ACTIVE_RUNS } from './shape.ts'

/**
 * What a cost may grow with: the entries of the page that is answered with; what is active at the time; as many of each
 * settled status as are counted; as many executions as are judged for one page. Never with the history. Where two
 * conditions have an index each and none together, also with what the one leaves for the other to look at.
 */
export type Growth = 'page' | 'active' | 'counted' | 'judged' | 'matches'

/** The most pages of the database that may be touched for an answer of so many entries. */
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

/** Executions that are judged for one page of those that came to an outcome, at most. */
const JUDGED = 2_000

/** Something that the server is asked for, or does by itself. */
export interface Question {
  /** Names the file that its plans are kept in. */
  readonly name: string
  /** What its cost may grow with. */
  readonly grows: Growth
  /** Asks once; returns how many rows or entries the answer has. */
  ask(asker: Asker): Promise<number>
  /** The same for a page further on, where it has pages; null where there is no such page. */
  at?(asker: Asker, page: number): Promise<((asker: Asker) => Promise<number>) | null>
}

/** Entries of a page: as many as where nobody asks for more or fewer. */
export const PAGE = 50

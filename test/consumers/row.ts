import type { Stage } from './stage.ts'

/** One line of the table. */
export interface Row {
  /** What it is called on the command line. */
  readonly name: string
  /** What it proves, for the table. */
  readonly proves: string
  /** Whether it is part of the short form. */
  readonly isShort?: boolean
  /** Returns what the table says besides "yes"; rejects if it doesn't hold. */
  readonly play: (stage: Stage) => Promise<string | undefined>
}

/** A row can't be tried here: something is missing that is no part of Pawl. */
export class NotHere extends Error {}

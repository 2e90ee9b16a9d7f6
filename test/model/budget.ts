import { isThorough } from '../support/thorough.ts'

/** How many histories a model test runs, and how long it may take. */
export interface Budget {
  readonly numRuns: number
  /** For `fc.assert`. */
  readonly parameters: object
  /** For the test, in milliseconds. */
  readonly timeout: number
}

/** The default number of histories. */
const HISTORIES = isThorough ? 60 : 6

/**
 * The budget of a test: `PAWL_MODEL_RUNS` histories (default 6, thoroughly 60), or so many times as many where they
 * are short. A machine too busy for all of them goes
 * through as many as it can in its time: running out of time is not a failure.
 */
export function budget(times = 1): Budget {
  const numRuns = Math.ceil(Number(process.env['PAWL_MODEL_RUNS'] ?? HISTORIES) * times)
  const limit = Math.max(120_000, numRuns * 5_000)
  return {
    numRuns,
    parameters: {
      numRuns,
      interruptAfterTimeLimit: limit,
    },
    timeout: limit + 60_000,
  }
}

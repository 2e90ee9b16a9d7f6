import type { Question } from '../question.ts'
import { APPROVAL_LISTS, EXECUTION_LISTS } from './below.ts'
import { COMMANDS } from './commands.ts'
import { RUN_COUNTS, RUN_LISTS } from './runs.ts'
import { STREAMS } from './streams.ts'

/** Everything that reads more than the run it is about. */
export const QUESTIONS: readonly Question[] = [
  ...RUN_LISTS,
  ...RUN_COUNTS,
  ...STREAMS,
  ...APPROVAL_LISTS,
  ...EXECUTION_LISTS,
  ...COMMANDS,
]

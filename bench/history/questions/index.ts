import type { Question } from '../question.ts'
import { APPROVAL_LISTS, EXECUTION_LISTS } from './below.ts'
import { COMMANDS } from './commands.ts'
import { RUN_COUNTS, RUN_LISTS } from './runs.ts'
import { STREAMS } from './streams.ts'

/** Every operation that reads more than one run. */
export const QUESTIONS: readonly Question[] = [
  ...RUN_LISTS,
  ...RUN_COUNTS,
  ...STREAMS,
  ...APPROVAL_LISTS,
  ...EXECUTION_LISTS,
  ...COMMANDS,
]

import type { Approval, NextAction, RunDetail } from '@pawl/sdk'
import { adviseRun } from '../../advice/adviseRun.ts'
import { safeText } from '../terminal/width.ts'
import { nameCommand } from './nameCommand.ts'

/** The next step, as a sentence and, if there is one, as a command. */
export interface NextStep {
  readonly action: NextAction
  readonly say: string
  readonly command: string | null
}

/** The step for the run's `nextAction`; `approval` is the open one, if known. */
export function nextStepOf(run: RunDetail, approval: Approval | null = null): NextStep {
  const { say, step } = adviseRun(run, approval)
  return { action: run.nextAction, say: safeText(say), command: step && nameCommand(step) }
}

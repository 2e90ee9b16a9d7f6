import { quoteWord } from '../../text/quoteCommand.ts'
import { waitsForChildren } from '@pawl/sdk'
import type { Approval, NextAction, Phase, RunDetail } from '@pawl/sdk'
import { safeText } from '../terminal/width.ts'

/** The next step, as a sentence and, if there is one, as a command. */
export interface NextStep {
  readonly action: NextAction
  readonly say: string
  readonly command: string | null
}

type Step = (run: RunDetail, phase: Phase | null, approval: Approval | null) => Omit<NextStep, 'action'>

const key = (phase: Phase | null) => phase?.key ?? 'PHASE'

/** The path of the artifact that the phase still misses; null if there is none. */
function missingFile({ missingEvidence, workflow }: RunDetail, phase: Phase | null): string | null {
  const isDue = missingEvidence.some(({ kind, phase: at }) => kind === 'ARTIFACT' && at === phase?.key)
  const declared = workflow.phases.find((each) => each.key === phase?.key)
  return isDue ? (declared?.artifactPath ?? null) : null
}

/** The step that ends the current phase. */
const leave: Step = (run, phase) => {
  const { missingEvidence } = run
  const file = missingFile(run, phase)
  if (file !== null)
    return {
      say: `submit ${safeText(file)}`,
      command: `pawl artifact submit ${key(phase)} ${quoteWord(file)}`,
    }
  const isUnapproved = missingEvidence.some(({ kind, phase: at }) => kind === 'APPROVAL' && at === phase?.key)
  if (isUnapproved)
    return { say: 'request its approval', command: `pawl approval request --phase ${key(phase)}` }
  const roundIsDue = missingEvidence.some(({ kind, phase: at }) => kind === 'ROUND' && at === phase?.key)
  if (roundIsDue) return { say: 'complete the round', command: 'pawl round complete' }
  const [next] = phase?.nextPhases ?? []
  if (next !== undefined)
    return { say: 'advance to a phase that may follow', command: `pawl phase advance ${next}` }
  // no approval is open here, so a missing one of the whole run was rejected
  const isRejected = missingEvidence.some(({ kind, phase: at }) => kind === 'APPROVAL' && at === null)
  return isRejected
    ? {
        say: 'mend what was rejected, and request the approval again at the same gate',
        command: 'pawl approval request',
      }
    : { say: 'complete the run', command: 'pawl run complete' }
}

const STEPS: Readonly<Record<NextAction, Step>> = {
  CLAIM: ({ id }) => ({ say: 'it waits for an owner', command: `pawl exec --run ${id} -- COMMAND` }),
  START_PHASE: (_, phase) => ({ say: 'start the phase', command: `pawl phase start ${key(phase)}` }),
  WORK: (run, phase, approval) => {
    const then = leave(run, phase, approval)
    return { say: `do the work of ${key(phase)}, then ${then.say}`, command: then.command }
  },
  ADVANCE: leave,
  COMPLETE_ROUND: () => ({ say: 'complete the round', command: 'pawl round complete' }),
  COMPLETE: () => ({ say: 'all evidence is there: complete the run', command: 'pawl run complete' }),
  DECIDE_APPROVAL: (_, __, approval) => ({
    say: approval
      ? `a person has to decide ${safeText(approval.gate)}`
      : 'a person has to decide an approval',
    command: approval && `pawl approval decide ${approval.id}`,
  }),
  WAIT: (run) => ({
    say: waitsForChildren(run) ? 'wait until its children have ended' : 'wait',
    command: null,
  }),
  RESUME: ({ id }) => ({ say: 'it can be resumed', command: `pawl run resume ${id}` }),
  NONE: () => ({ say: 'nothing to do', command: null }),
}

/** The step for the run's `nextAction`; `approval` is the open one, if known. */
export function nextStepOf(run: RunDetail, approval: Approval | null = null): NextStep {
  const step = STEPS[run.nextAction]?.(run, run.currentPhase, approval) ?? {
    say: run.nextAction,
    command: null,
  }
  return { action: run.nextAction, ...step }
}

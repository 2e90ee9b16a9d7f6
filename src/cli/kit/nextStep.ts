import { waitsForChildren } from '@pawl/sdk'
import type { Approval, NextAction, Phase, RunDetail } from '@pawl/sdk'
import { plain } from '../terminal/width.ts'

/** What to do next, as a sentence and, where one command does it, that command. */
export interface NextStep {
  readonly action: NextAction
  readonly say: string
  readonly command: string | null
}

type Step = (run: RunDetail, phase: Phase | null, approval: Approval | null) => Omit<NextStep, 'action'>

const key = (phase: Phase | null) => phase?.key ?? 'PHASE'

/** The file that the phase waits for, where it has one to hand over. */
function missingFile({ missingEvidence, workflow }: RunDetail, phase: Phase | null): string | null {
  const isDue = missingEvidence.some(({ kind, phase: at }) => kind === 'ARTIFACT' && at === phase?.key)
  const declared = workflow.phases.find((each) => each.key === phase?.key)
  return isDue ? (declared?.artifactPath ?? null) : null
}

/** Where a run that is under way in its current phase goes from there. */
const leave: Step = (run, phase) => {
  const { missingEvidence } = run
  const file = missingFile(run, phase)
  if (file !== null)
    return { say: `hand over ${plain(file)}`, command: `pawl artifact submit ${key(phase)} ${quote(file)}` }
  const isUnapproved = missingEvidence.some(({ kind, phase: at }) => kind === 'APPROVAL' && at === phase?.key)
  if (isUnapproved)
    return { say: 'ask for its approval', command: `pawl approval request --phase ${key(phase)}` }
  const roundIsDue = missingEvidence.some(({ kind, phase: at }) => kind === 'ROUND' && at === phase?.key)
  if (roundIsDue) return { say: 'complete the round', command: 'pawl round complete' }
  const [next] = phase?.nextPhases ?? []
  if (next !== undefined)
    return { say: 'go on to a phase that may follow', command: `pawl phase advance ${next}` }
  // no question is open while the run is worked on: one about the run as a whole that is missing was answered with a no
  const isRejected = missingEvidence.some(({ kind, phase: at }) => kind === 'APPROVAL' && at === null)
  return isRejected
    ? { say: 'mend what was rejected, and ask again at the same gate', command: 'pawl approval request' }
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
    say: approval ? `a person has to decide ${plain(approval.gate)}` : 'a person has to decide an approval',
    command: approval && `pawl approval decide ${approval.id}`,
  }),
  WAIT: (run) => ({
    say: waitsForChildren(run) ? 'wait until its children have ended' : 'wait',
    command: null,
  }),
  RESUME: ({ id }) => ({ say: 'it can be taken up again', command: `pawl run resume ${id}` }),
  NONE: () => ({ say: 'nothing is left to do', command: null }),
}

/** The step that the run's `nextAction` asks for; `approval` is the open one, where it is known. */
export function nextStepOf(run: RunDetail, approval: Approval | null = null): NextStep {
  const step = STEPS[run.nextAction]?.(run, run.currentPhase, approval) ?? {
    say: run.nextAction,
    command: null,
  }
  return { action: run.nextAction, ...step }
}

export function quote(word: string): string {
  return /^[\w./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

import type { NextAction, Phase, RunDetail } from '@pawl/sdk'

/** What to do next, as a sentence and, where one command does it, that command. */
export interface NextStep {
  readonly action: NextAction
  readonly say: string
  readonly command: string | null
}

type Step = (run: RunDetail, phase: Phase | null) => Omit<NextStep, 'action'>

const key = (phase: Phase | null) => phase?.key ?? 'PHASE'

/** Where a run that is under way in its current phase goes from there. */
const leave: Step = ({ missingEvidence }, phase) => {
  const roundIsDue = missingEvidence.some(({ kind, phase: at }) => kind === 'ROUND' && at === phase?.key)
  if (roundIsDue) return { say: 'complete the round', command: 'pawl round complete' }
  const [next] = phase?.nextPhases ?? []
  return next === undefined
    ? { say: 'complete the run', command: 'pawl run complete' }
    : { say: 'go on to a phase that may follow', command: `pawl phase advance ${next}` }
}

const STEPS: Readonly<Record<NextAction, Step>> = {
  CLAIM: ({ id }) => ({ say: 'it waits for an owner', command: `pawl exec --run ${id} -- COMMAND` }),
  START_PHASE: (_, phase) => ({ say: 'start the phase', command: `pawl phase start ${key(phase)}` }),
  WORK: (run, phase) => {
    const then = leave(run, phase)
    return { say: `do the work of ${key(phase)}, then ${then.say}`, command: then.command }
  },
  ADVANCE: leave,
  COMPLETE_ROUND: () => ({ say: 'complete the round', command: 'pawl round complete' }),
  COMPLETE: () => ({ say: 'all evidence is there: complete the run', command: 'pawl run complete' }),
  DECIDE_APPROVAL: () => ({ say: 'a person has to decide an approval', command: null }),
  WAIT: () => ({ say: 'wait', command: null }),
  RESUME: ({ id }) => ({ say: 'it can be taken up again', command: `pawl run resume ${id}` }),
  NONE: () => ({ say: 'nothing is left to do', command: null }),
}

/** The step that the run's `nextAction` asks for. */
export function nextStepOf(run: RunDetail): NextStep {
  const step = STEPS[run.nextAction]?.(run, run.currentPhase) ?? { say: run.nextAction, command: null }
  return { action: run.nextAction, ...step }
}

import { waitsForChildren } from '@pawl/sdk'
import type { Approval, NextAction, Phase, RunDetail } from '@pawl/sdk'
import type { Step } from './step.ts'

/** What a run needs next, as a sentence and, if there is one, as a step. */
export interface Advice {
  readonly say: string
  readonly step: Step | null
}

type Advise = (run: RunDetail, phase: Phase | null, approval: Approval | null) => Advice

const key = (phase: Phase | null) => phase?.key ?? 'PHASE'

/** The path of the artifact that the phase still misses; null if there is none. */
function missingFile({ missingEvidence, workflow }: RunDetail, phase: Phase | null): string | null {
  const isDue = missingEvidence.some(({ kind, phase: at }) => kind === 'ARTIFACT' && at === phase?.key)
  const declared = workflow.phases.find((each) => each.key === phase?.key)
  return isDue ? (declared?.artifactPath ?? null) : null
}

/** The step that ends the current phase. */
const leave: Advise = (run, phase) => {
  const { missingEvidence } = run
  const file = missingFile(run, phase)
  if (file !== null)
    return { say: `submit ${file}`, step: { do: 'submitArtifact', phase: key(phase), path: file } }
  const isUnapproved = missingEvidence.some(({ kind, phase: at }) => kind === 'APPROVAL' && at === phase?.key)
  if (isUnapproved) return { say: 'request its approval', step: { do: 'requestApproval', phase: key(phase) } }
  const roundIsDue = missingEvidence.some(({ kind, phase: at }) => kind === 'ROUND' && at === phase?.key)
  if (roundIsDue) return { say: 'complete the round', step: { do: 'completeRound' } }
  const [next] = phase?.nextPhases ?? []
  if (next !== undefined)
    return { say: 'advance to a phase that may follow', step: { do: 'advancePhase', phase: next } }
  // no approval is open here, so a missing one of the whole run was rejected
  const isRejected = missingEvidence.some(({ kind, phase: at }) => kind === 'APPROVAL' && at === null)
  return isRejected
    ? {
        say: 'mend what was rejected, and request the approval again at the same gate',
        step: { do: 'requestApproval', phase: null },
      }
    : { say: 'complete the run', step: { do: 'completeRun' } }
}

const STEPS: Readonly<Record<NextAction, Advise>> = {
  CLAIM: ({ id }) => ({ say: 'it waits for an owner', step: { do: 'takeRun', runId: id } }),
  START_PHASE: (_, phase) => ({ say: 'start the phase', step: { do: 'startPhase', phase: key(phase) } }),
  WORK: (run, phase, approval) => {
    const then = leave(run, phase, approval)
    return { say: `do the work of ${key(phase)}, then ${then.say}`, step: then.step }
  },
  ADVANCE: leave,
  COMPLETE_ROUND: () => ({ say: 'complete the round', step: { do: 'completeRound' } }),
  COMPLETE: () => ({ say: 'all evidence is there: complete the run', step: { do: 'completeRun' } }),
  DECIDE_APPROVAL: (_, __, approval) => ({
    say: approval ? `a person has to decide ${approval.gate}` : 'a person has to decide an approval',
    step: approval && { do: 'decideApproval', approvalId: approval.id },
  }),
  WAIT: (run) => ({
    say: waitsForChildren(run) ? 'wait until its children have ended' : 'wait',
    step: null,
  }),
  RESUME: ({ id }) => ({ say: 'it can be resumed', step: { do: 'resumeRun', runId: id } }),
  NONE: () => ({ say: 'nothing to do', step: null }),
}

/** What the run needs next, by its `nextAction`; `approval` is the open one, if known. */
export function adviseRun(run: RunDetail, approval: Approval | null = null): Advice {
  return STEPS[run.nextAction]?.(run, run.currentPhase, approval) ?? { say: run.nextAction, step: null }
}

import { isCompletable, missingForPhase } from '../evidence.ts'
import type { Refusal } from '../refusals.ts'
import { currentPhaseOf, findPhase, isUnderWay, type Phase, type Run } from '../run.ts'
import type { Draft } from '../situation.ts'
import { admits } from '../transitions.ts'
import { findWorkflowPhase, type WorkflowDefinition, workflowPhase } from '../workflow.ts'
import type { Rule } from './rule.ts'
import { completePhase, mayOpenRound, openRound, startPhase } from './moves.ts'

/** Starts the phase the run stands at, or repairs the attempt under way. */
export const decideStartPhase: Rule<'startPhase'> = (
  draft,
  { phase: key, repair, because },
  { workflow },
) => {
  const { run } = draft
  const refused = checkCurrent(draft, 'START_PHASE', key, workflow)
  if (refused) return refused
  const phase = currentPhaseOf(run)
  if (!(repair ? isRepairable(phase) : isStartable(phase)))
    return {
      type: 'IllegalTransition',
      from: run.currentPhase,
      to: key,
      allowed: allowedPhases(run, workflow),
    }
  startPhase(draft, phase, { repair, because })
  return 'accepted'
}

/** Records that the phase under way failed; it may be started again. */
export const decideFailPhase: Rule<'failPhase'> = (draft, { phase: key, error }, { workflow }) => {
  const { run } = draft
  const refused = checkCurrent(draft, 'FAIL_PHASE', key, workflow)
  if (refused) return refused
  const { id, round, attempts, ...phase } = currentPhaseOf(run)
  if (!isRepairable(phase))
    return {
      type: 'IllegalTransition',
      from: run.currentPhase,
      to: key,
      allowed: allowedPhases(run, workflow),
    }
  draft.note('phase.failed', { id, phase: key, round, attempt: attempts, error })
  return 'accepted'
}

/** Leaves the phase the run stands at along an edge of the graph, or for a new round. */
export const decideAdvancePhase: Rule<'advancePhase'> = (draft, { to }, { workflow, newPhaseId }) => {
  const { run } = draft
  if (!admits('ADVANCE_PHASE', run.status)) return { type: 'RunNotActive', status: run.status }
  const target = findWorkflowPhase(workflow, to)
  if (!target) return unknownPhase(to, workflow)
  const current = currentPhaseOf(run)
  const opensRound = run.roundComplete && to === workflow.initialPhase
  const leads = opensRound
    ? mayOpenRound(run, workflow)
    : workflowPhase(workflow, current.key).next.includes(to)
  if (!leads || !(current.status === 'COMPLETED' || isUnderWay(current))) return illegal(run, to, workflow)
  const missing = missingForPhase(current, workflow)
  if (target.final && isRoundMissing(run, to, workflow)) {
    missing.push({
      kind: 'ROUND',
      phase: workflow.completeRoundAt,
      detail: `round ${run.round} is not complete`,
    })
  }
  if (missing.length > 0) return { type: 'NotCompletable', status: run.status, missing }
  completePhase(draft, current)
  if (opensRound) {
    openRound(draft, newPhaseId)
    return 'accepted'
  }
  const next = findPhase(draft.run, to)
  if (!next) throw new Error(`round ${run.round} of run ${run.id} has no phase ${to}`)
  startPhase(draft, next, { from: current.key })
  // a final phase that asks for nothing is done by being reached
  if (target.final && !target.artifact && !target.approval) completePhase(draft, currentPhaseOf(draft.run))
  return 'accepted'
}

/** The phases that may be advanced to now; the current one where it is still to be started. */
export function allowedPhases(run: Run, workflow: WorkflowDefinition): string[] {
  const current = currentPhaseOf(run)
  if (isStartable(current)) return [current.key]
  const leavable = current.status === 'COMPLETED' || isCompletable(current, workflow)
  const allowed = workflowPhase(workflow, current.key).next.filter((key) => {
    if (run.roundComplete && key === workflow.initialPhase) return false
    return leavable && !(workflowPhase(workflow, key).final && isRoundMissing(run, key, workflow))
  })
  return leavable && mayOpenRound(run, workflow) ? [...allowed, workflow.initialPhase] : allowed
}

/** True for a phase that can be started: it never was, or its last attempt is over without success. */
export function isStartable({ status }: Pick<Phase, 'status'>): boolean {
  return status === 'PENDING' || status === 'FAILED' || status === 'CANCELLED'
}

function isRepairable({ status }: Pick<Phase, 'status'>): boolean {
  return status === 'RUNNING' || status === 'AWAITING_ARTIFACT'
}

/** A final phase is entered with the round complete, unless it is the one that completes the round. */
function isRoundMissing(run: Run, to: string, workflow: WorkflowDefinition): boolean {
  return workflow.completeRoundAt !== null && workflow.completeRoundAt !== to && !run.roundComplete
}

function checkCurrent(
  { run }: Draft,
  command: 'START_PHASE' | 'FAIL_PHASE',
  key: string,
  workflow: WorkflowDefinition,
): Refusal | undefined {
  if (!admits(command, run.status)) return { type: 'RunNotActive', status: run.status }
  if (!findWorkflowPhase(workflow, key)) return unknownPhase(key, workflow)
  return key === run.currentPhase ? undefined : illegal(run, key, workflow)
}

function illegal(run: Run, to: string, workflow: WorkflowDefinition): Refusal {
  return { type: 'IllegalTransition', from: run.currentPhase, to, allowed: allowedPhases(run, workflow) }
}

/** The refusal of a name that the workflow does not have. */
export function unknownPhase(phase: string, workflow: WorkflowDefinition): Refusal {
  return { type: 'UnknownPhase', phase, known: workflow.phases.map(({ key }) => key) }
}

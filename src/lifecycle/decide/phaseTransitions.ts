import { isCompletable } from '../activity/evidence.ts'
import type { PhaseCommand, RefusalNamed } from '../run/refusals.ts'
import { currentPhaseOf, type Phase, type Run } from '../run/run.ts'
import { type WorkflowDefinition, workflowPhase } from '../workflow/workflow.ts'
import { mayOpenRound } from './moves.ts'

/** Returns the phases that the run may advance to now; the current phase if it still has to be started. */
export function allowedPhases(run: Run, workflow: WorkflowDefinition): string[] {
  const current = currentPhaseOf(run)
  if (isStartable(current)) return [current.key]
  const leavable = current.status === 'COMPLETED' || isCompletable(run, current, workflow)
  const allowed = workflowPhase(workflow, current.key).next.filter((key) => {
    if (run.roundComplete && key === workflow.initialPhase) return false
    return leavable && !(workflowPhase(workflow, key).final && isRoundMissing(run, key, workflow))
  })
  return leavable && mayOpenRound(run, workflow) ? [...allowed, workflow.initialPhase] : allowed
}

/** True for a phase that can be started: it was never started, or its last attempt ended without success. */
export function isStartable({ status }: Pick<Phase, 'status'>): boolean {
  return status === 'PENDING' || status === 'FAILED' || status === 'CANCELLED'
}

/** True for an attempt under way that does not wait for a person. */
export function isRepairable({ status }: Pick<Phase, 'status'>): boolean {
  return status === 'RUNNING' || status === 'AWAITING_ARTIFACT'
}

/** True if the round still has to be completed: a final phase requires that, unless it completes the round itself. */
export function isRoundMissing(run: Run, to: string, workflow: WorkflowDefinition): boolean {
  return workflow.completeRoundAt !== null && workflow.completeRoundAt !== to && !run.roundComplete
}

/**
 * Returns the refusal of a transition that the graph or the phase's state does not admit. `allowed` leaves out the
 * refused phase itself: if another command leads to it, the sentence says so.
 */
export function illegalTransition(
  run: Run,
  command: PhaseCommand,
  to: string,
  workflow: WorkflowDefinition,
): RefusalNamed<'IllegalTransition'> {
  const current = currentPhaseOf(run)
  const targets = allowedPhases(run, workflow)
  return {
    type: 'IllegalTransition',
    from: current.key,
    to,
    allowed: targets.filter((key) => key !== to),
    command,
    phaseStatus: current.status,
    reachable: isStartable(current) ? [] : targets,
    next: workflowPhase(workflow, current.key).next,
    roundEndsAt: workflow.completeRoundAt,
    isPastLastRound: run.roundComplete && to === workflow.initialPhase && !mayOpenRound(run, workflow),
  }
}

/** Returns the refusal of a phase that the workflow does not have. */
export function unknownPhase(phase: string, workflow: WorkflowDefinition): RefusalNamed<'UnknownPhase'> {
  return { type: 'UnknownPhase', phase, known: workflow.phases.map(({ key }) => key) }
}

import { isCompletable } from '../work/evidence.ts'
import type { PhaseCommand, RefusalNamed } from '../run/refusals.ts'
import { currentPhaseOf, type Phase, type Run } from '../run/run.ts'
import { type WorkflowDefinition, workflowPhase } from '../workflow/workflow.ts'
import { mayOpenRound } from './moves.ts'

/** The phases that may be advanced to now; the current one where it is still to be started. */
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

/** True for a phase that can be started: it never was, or its last attempt is over without success. */
export function isStartable({ status }: Pick<Phase, 'status'>): boolean {
  return status === 'PENDING' || status === 'FAILED' || status === 'CANCELLED'
}

/** True for an attempt under way that has not been handed to a person. */
export function isRepairable({ status }: Pick<Phase, 'status'>): boolean {
  return status === 'RUNNING' || status === 'AWAITING_ARTIFACT'
}

/** A final phase is entered with the round complete, unless it is the one that completes the round. */
export function isRoundMissing(run: Run, to: string, workflow: WorkflowDefinition): boolean {
  return workflow.completeRoundAt !== null && workflow.completeRoundAt !== to && !run.roundComplete
}

/**
 * The refusal of a way that the graph, or the state of the phase, does not have. Where the run may go instead is told, and
 * never the phase that was just refused: that some other command leads to it is for the sentence to say.
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

/** The refusal of a name that the workflow does not have. */
export function unknownPhase(phase: string, workflow: WorkflowDefinition): RefusalNamed<'UnknownPhase'> {
  return { type: 'UnknownPhase', phase, known: workflow.phases.map(({ key }) => key) }
}

import type { Phase, Run } from '../run/run.ts'
import type { Draft } from '../log/draft.ts'
import type { WorkflowDefinition } from '../workflow/workflow.ts'

/** Starts the next attempt of a phase and makes that phase the current one. */
export function startPhase(
  draft: Draft,
  { id, key, round, attempts }: Phase,
  {
    from = null,
    repair = false,
    because = null,
  }: { from?: string | null; repair?: boolean; because?: string | null },
): void {
  draft.note('phase.started', { id, phase: key, round, attempt: attempts + 1, from, repair, because })
}

/** Completes a phase that is under way; does nothing if it is already completed. */
export function completePhase(draft: Draft, { id, key, round, attempts, status }: Phase): void {
  if (status !== 'COMPLETED') draft.note('phase.completed', { id, phase: key, round, attempt: attempts })
}

/** True if advancing to the initial phase would open another round. */
export function mayOpenRound(run: Run, workflow: WorkflowDefinition): boolean {
  return run.roundComplete && run.completedRound + 1 - run.firstRound < workflow.maxRounds
}

/** Opens the next round. Its number follows from the completed rounds in the log, never from files. */
export function openRound(draft: Draft, newPhaseId: () => string): void {
  const { run, workflow } = draft
  const phases = workflow.phases.map(({ key }) => ({ id: newPhaseId(), key }))
  draft.note('round.opened', { round: run.completedRound + 1, initialPhase: workflow.initialPhase, phases })
}

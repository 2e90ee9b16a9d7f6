import type { MissingEvidence } from './refusals.ts'
import { currentPhaseOf, isUnderWay, type Phase, type Run } from './run.ts'
import { isLastPhase, type WorkflowDefinition, workflowPhase } from './workflow.ts'

/**
 * What stands between the run and COMPLETED (G3): nothing but what the server holds counts, a process's exit code
 * never does. Empty where the run could be completed now.
 */
export function missingEvidence(run: Run, workflow: WorkflowDefinition): MissingEvidence[] {
  const missing: MissingEvidence[] = []
  const current = currentPhaseOf(run)
  if (!isLastPhase(workflowPhase(workflow, run.currentPhase))) {
    missing.push({
      kind: 'FINAL_PHASE',
      phase: run.currentPhase,
      detail: `the run stands at ${run.currentPhase}, which is not a final phase`,
    })
  }
  for (const phase of run.phases) {
    if (phase.round !== run.round) continue
    if (phase !== current && phase.attempts === 0) continue
    if (phase.status !== 'COMPLETED' && !(phase === current && isFinishing(run, phase, workflow))) {
      missing.push({ kind: 'PHASE', phase: phase.key, detail: `phase ${phase.key} is ${phase.status}` })
    }
    missing.push(...missingForPhase(phase, workflow))
  }
  if (workflow.completeRoundAt !== null && !run.roundComplete) {
    missing.push({
      kind: 'ROUND',
      phase: workflow.completeRoundAt,
      detail: `round ${run.round} is not complete`,
    })
  }
  return missing
}

/**
 * What stands between a phase and being completed by leaving it: its required artifact, valid for its last
 * attempt, and its approval. Empty for a phase that declares neither.
 */
export function missingForPhase(phase: Phase, workflow: WorkflowDefinition): MissingEvidence[] {
  if (phase.status === 'COMPLETED') return []
  const { artifact, approval } = workflowPhase(workflow, phase.key)
  const missing: MissingEvidence[] = []
  if (artifact?.required) {
    const detail = `phase ${phase.key} has no valid artifact ${artifact.path} of attempt ${phase.attempts}`
    missing.push({ kind: 'ARTIFACT', phase: phase.key, detail })
  }
  if (approval) {
    const detail = `phase ${phase.key} is not approved (gate ${approval.gate})`
    missing.push({ kind: 'APPROVAL', phase: phase.key, detail })
  }
  return missing
}

/** True for a phase that was started and whose evidence is there: leaving it completes it. */
export function isCompletable(phase: Phase, workflow: WorkflowDefinition): boolean {
  return isUnderWay(phase) && missingForPhase(phase, workflow).length === 0
}

/** True where completing the run completes the phase it stands at: nothing can follow, and its evidence is there. */
export function isFinishing(run: Run, phase: Phase, workflow: WorkflowDefinition): boolean {
  return isLastPhase(workflowPhase(workflow, run.currentPhase)) && isCompletable(phase, workflow)
}

import type { MissingEvidence } from '../run/refusals.ts'
import type { Child } from '../run/family.ts'
import {
  type Approval,
  type Artifact,
  currentPhaseOf,
  isUnderWay,
  openApproval,
  type Phase,
  type Run,
} from '../run/run.ts'
import { isLastPhase, type WorkflowDefinition, workflowPhase } from '../workflow/workflow.ts'

/**
 * Returns the evidence that the run lacks to be COMPLETED (G3); empty if it can be completed now. Only what the
 * server holds counts, never a process's exit code.
 *
 * @param children the active attached children
 */
export function missingEvidence(
  run: Run,
  workflow: WorkflowDefinition,
  children: readonly Child[],
): MissingEvidence[] {
  const missing: MissingEvidence[] = []
  const current = currentPhaseOf(run)
  if (!isLastPhase(workflowPhase(workflow, run.currentPhase))) {
    missing.push({
      kind: 'FINAL_PHASE',
      phase: run.currentPhase,
      detail: `the run is at ${run.currentPhase}, which is not a final phase`,
    })
  }
  for (const phase of run.phases) {
    if (phase.round !== run.round) continue
    if (phase !== current && phase.attempts === 0) continue
    if (phase.status !== 'COMPLETED' && !(phase === current && isFinishing(run, phase, workflow))) {
      missing.push({ kind: 'PHASE', phase: phase.key, detail: `phase ${phase.key} is ${phase.status}` })
    }
    missing.push(...missingForPhase(run, phase, workflow))
  }
  const open = openApproval(run)
  if (open) missing.push({ kind: 'APPROVAL', phase: null, detail: `approval ${open.gate} is open` })
  for (const { gate, comment } of rejectedQuestions(run)) {
    const because = comment === null ? '' : `: ${comment}`
    missing.push({
      kind: 'APPROVAL',
      phase: null,
      detail: `what was asked at ${gate} was rejected${because}`,
    })
  }
  if (workflow.completeRoundAt !== null && !run.roundComplete) {
    missing.push({
      kind: 'ROUND',
      phase: workflow.completeRoundAt,
      detail: `round ${run.round} is not complete`,
    })
  }
  for (const { id, status } of children)
    missing.push({ kind: 'CHILD', phase: null, detail: `its child ${id} is ${status}` })
  return missing
}

/** True if the run only waits for its children to end. */
export function lacksOnlyChildren(missing: readonly MissingEvidence[]): boolean {
  return missing.length > 0 && missing.every(({ kind }) => kind === 'CHILD')
}

/**
 * Returns the rejected questions about the whole run; a rejection holds until the same gate is asked again. An
 * expired question counts as rejected if its policy is REJECT.
 */
export function rejectedQuestions({ approvals }: Run): Approval[] {
  const last = new Map<string, Approval>()
  for (const approval of approvals)
    if (approval.phaseId === null && approval.kind === 'REVIEW') last.set(approval.gate, approval)
  return [...last.values()].filter(
    ({ status, onExpiry }) => status === 'REJECTED' || (status === 'EXPIRED' && onExpiry === 'REJECT'),
  )
}

/**
 * Returns what a phase lacks to be completed by leaving it: its required artifact, valid for its last attempt, and
 * its approval for exactly that artifact. Empty for a phase that declares neither.
 */
export function missingForPhase(run: Run, phase: Phase, workflow: WorkflowDefinition): MissingEvidence[] {
  const missing = missingArtifact(run, phase, workflow)
  const { approval } = workflowPhase(workflow, phase.key)
  if (approval && !isApproved(run, phase, workflow)) {
    const detail = `phase ${phase.key} is not approved (gate ${approval.gate})`
    missing.push({ kind: 'APPROVAL', phase: phase.key, detail })
  }
  return missing
}

/** Returns the artifact that a phase requires and lacks in its last attempt. */
export function missingArtifact(run: Run, phase: Phase, workflow: WorkflowDefinition): MissingEvidence[] {
  const { artifact } = workflowPhase(workflow, phase.key)
  if (!artifact?.required || validArtifact(run, phase, workflow)) return []
  const detail = `phase ${phase.key} has no valid artifact ${artifact.path} of attempt ${phase.attempts}`
  return [{ kind: 'ARTIFACT', phase: phase.key, detail }]
}

/** Returns the newest valid artifact of a phase's last attempt at the path the phase declares. */
export function validArtifact(run: Run, phase: Phase, workflow: WorkflowDefinition): Artifact | undefined {
  const path = workflowPhase(workflow, phase.key).artifact?.path
  return run.artifacts.findLast(
    (each) =>
      each.phaseId === phase.id && each.attempt === phase.attempts && each.path === path && each.valid,
  )
}

function isApproved(run: Run, phase: Phase, workflow: WorkflowDefinition): boolean {
  const { artifact, approval } = workflowPhase(workflow, phase.key)
  const shown = validArtifact(run, phase, workflow)?.sha256 ?? null
  return run.approvals.some(
    (each) =>
      each.phaseId === phase.id &&
      each.attempt === phase.attempts &&
      each.gate === approval?.gate &&
      each.status === 'APPROVED' &&
      (artifact === null || each.artifactSha256 === shown),
  )
}

/** True for a phase under way whose evidence is complete: leaving it completes it. */
export function isCompletable(run: Run, phase: Phase, workflow: WorkflowDefinition): boolean {
  return isUnderWay(phase) && missingForPhase(run, phase, workflow).length === 0
}

/**
 * True if completing the run also completes its current phase: the phase can be the last one and its evidence is
 * complete.
 */
export function isFinishing(run: Run, phase: Phase, workflow: WorkflowDefinition): boolean {
  return isLastPhase(workflowPhase(workflow, run.currentPhase)) && isCompletable(run, phase, workflow)
}

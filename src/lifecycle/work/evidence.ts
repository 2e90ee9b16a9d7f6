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
 * What stands between the run and COMPLETED (G3): nothing but what the server holds counts, a process's exit code
 * never does. Empty where the run could be completed now.
 *
 * @param children the attached children that are active
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
      detail: `the run stands at ${run.currentPhase}, which is not a final phase`,
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

/** True where a run lacks nothing but the end of children. */
export function lacksOnlyChildren(missing: readonly MissingEvidence[]): boolean {
  return missing.length > 0 && missing.every(({ kind }) => kind === 'CHILD')
}

/**
 * Questions about the run as a whole that were answered with a no: it stands until the same gate is asked again. A question that
 * nobody answered counts where its policy says that this is a no.
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
 * What stands between a phase and being completed by leaving it: its required artifact, valid for its last attempt, and
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

/** The artifact that a phase requires and lacks in its last attempt. */
export function missingArtifact(run: Run, phase: Phase, workflow: WorkflowDefinition): MissingEvidence[] {
  const { artifact } = workflowPhase(workflow, phase.key)
  if (!artifact?.required || validArtifact(run, phase, workflow)) return []
  const detail = `phase ${phase.key} has no valid artifact ${artifact.path} of attempt ${phase.attempts}`
  return [{ kind: 'ARTIFACT', phase: phase.key, detail }]
}

/** The newest valid artifact of a phase's last attempt at the path the phase declares. */
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

/** True for a phase that was started and whose evidence is there: leaving it completes it. */
export function isCompletable(run: Run, phase: Phase, workflow: WorkflowDefinition): boolean {
  return isUnderWay(phase) && missingForPhase(run, phase, workflow).length === 0
}

/** True where completing the run completes the phase it stands at: nothing can follow, and its evidence is there. */
export function isFinishing(run: Run, phase: Phase, workflow: WorkflowDefinition): boolean {
  return isLastPhase(workflowPhase(workflow, run.currentPhase)) && isCompletable(run, phase, workflow)
}

import { currentPhaseOf } from '../run/run.ts'
import { admits, stateOf } from '../run/transitions.ts'
import { findWorkflowPhase, workflowPhase } from '../workflow/workflow.ts'
import { openQuestion, toQuestion } from './openQuestion.ts'
import { completePhase } from './moves.ts'
import { illegalTransition, unknownPhase } from './phaseTransitions.ts'
import type { Rule, RuleTable } from './rule.ts'

/**
 * Records a file that the phase produced, with the server's validation result. A valid file at the path declared by
 * the phase completes the phase, or opens its approval in the same decision, so that no approval can be skipped. The
 * same bytes for the same attempt and path are one artifact.
 */
const decideSubmitArtifact: Rule<'submitArtifact'> = (draft, command, situation) => {
  const { run } = draft
  const { workflow } = situation
  const { artifactId: id, phase: key, path, sha256, size, problems, tree } = command
  if (!admits('submitArtifact', stateOf(run))) return { type: 'RunNotActive', status: run.status }
  if (!findWorkflowPhase(workflow, key)) return unknownPhase(key, workflow)
  const phase = currentPhaseOf(run)
  if (phase.key !== key || !(phase.status === 'RUNNING' || phase.status === 'AWAITING_ARTIFACT'))
    return illegalTransition(run, 'submitArtifact', key, workflow)
  const same = run.artifacts.find(
    (each) =>
      each.phaseId === phase.id &&
      each.attempt === phase.attempts &&
      each.path === path &&
      each.sha256 === sha256,
  )
  if (same) return 'unchanged'
  const artifact = {
    id,
    phaseId: phase.id,
    phase: key,
    round: phase.round,
    attempt: phase.attempts,
    path,
    sha256,
    size,
  }
  if (problems.length > 0) {
    draft.note('artifact.invalid', { ...artifact, problems: problems.map((problem) => ({ ...problem })) })
    return 'accepted'
  }
  const { artifact: declaration, approval } = workflowPhase(workflow, key)
  const declared = declaration?.path === path
  draft.note('artifact.validated', { ...artifact, declared })
  if (!declared) return 'accepted'
  if (approval)
    openQuestion(draft, situation, {
      ...toQuestion(approval),
      kind: 'REVIEW',
      phase,
      artifact: { id, path, sha256 },
      payload: null,
      tree,
    })
  else completePhase(draft, phase)
  return 'accepted'
}

/** The rules of commands about artifacts. */
export const artifactRules = {
  submitArtifact: decideSubmitArtifact,
} satisfies Partial<RuleTable>

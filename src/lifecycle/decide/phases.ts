import { missingForPhase } from '../activity/evidence.ts'
import type { RefusalNamed } from '../run/refusals.ts'
import { currentPhaseOf, findPhase, isUnderWay } from '../run/run.ts'
import type { Draft } from '../log/draft.ts'
import { admits, stateOf } from '../run/transitions.ts'
import { findWorkflowPhase, type WorkflowDefinition, workflowPhase } from '../workflow/workflow.ts'
import type { Rule, RuleTable } from './rule.ts'
import { openQuestion } from './openQuestion.ts'
import { completePhase, mayOpenRound, openRound, startPhase } from './moves.ts'
import {
  illegalTransition,
  isRepairable,
  isRoundMissing,
  isStartable,
  unknownPhase,
} from './phaseTransitions.ts'

/** Starts the current phase, or repairs the attempt under way. */
const decideStartPhase: Rule<'startPhase'> = (
  draft,
  { phase: key, isRepair: repair, because },
  { workflow },
) => {
  const { run } = draft
  const refused = checkCurrent(draft, repair ? 'repairPhase' : 'startPhase', key, workflow)
  if (refused) return refused
  const phase = currentPhaseOf(run)
  if (!(repair ? isRepairable(phase) : isStartable(phase)))
    return illegalTransition(run, repair ? 'repairPhase' : 'startPhase', key, workflow)
  startPhase(draft, phase, { repair, because })
  return 'accepted'
}

/** Records that the phase under way failed; it can be started again. */
const decideFailPhase: Rule<'failPhase'> = (draft, command, situation) => {
  const { phase: key, error, recovery } = command
  const { workflow } = situation
  const { run } = draft
  const refused = checkCurrent(draft, 'failPhase', key, workflow)
  if (refused) return refused
  const phase = currentPhaseOf(run)
  if (!isRepairable(phase)) return illegalTransition(run, 'failPhase', key, workflow)
  const sessionId = recovery?.sessionId ?? null
  if (sessionId !== null && !run.sessions.some(({ id }) => id === sessionId))
    return { type: 'NotFound', kind: 'SESSION', id: sessionId }
  const { id, round, attempts: attempt } = phase
  draft.note('phase.failed', { id, phase: key, round, attempt, error, sessionId })
  if (recovery) openQuestion(draft, situation, { ...RECOVERY, ...recovery, phase })
  return 'accepted'
}

/** Defaults of a recovery question; it has no time limit unless the command sets one. */
const RECOVERY = {
  kind: 'RECOVERY',
  artifact: null,
  approvers: [],
  isSelfApprovalAllowed: true,
  onExpiry: 'WAIT',
} as const

/** Leaves the current phase along an edge of the graph, or for a new round. */
const decideAdvancePhase: Rule<'advancePhase'> = (draft, { to }, { workflow, newPhaseId }) => {
  const { run } = draft
  if (!admits('advancePhase', stateOf(run))) return { type: 'RunNotActive', status: run.status }
  const target = findWorkflowPhase(workflow, to)
  if (!target) return unknownPhase(to, workflow)
  const current = currentPhaseOf(run)
  const opensRound = run.roundComplete && to === workflow.initialPhase
  const leads = opensRound
    ? mayOpenRound(run, workflow)
    : workflowPhase(workflow, current.key).next.includes(to)
  if (!leads || !(current.status === 'COMPLETED' || isUnderWay(current)))
    return illegalTransition(run, 'advancePhase', to, workflow)
  const missing = missingForPhase(run, current, workflow)
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
  // a final phase without an artifact or approval completes on entry
  if (target.final && !target.artifact && !target.approval) completePhase(draft, currentPhaseOf(draft.run))
  return 'accepted'
}

function checkCurrent(
  { run }: Draft,
  command: 'startPhase' | 'repairPhase' | 'failPhase',
  key: string,
  workflow: WorkflowDefinition,
): RefusalNamed<'RunNotActive' | 'UnknownPhase' | 'IllegalTransition'> | undefined {
  const needed = command === 'failPhase' ? command : 'startPhase'
  if (!admits(needed, stateOf(run))) return { type: 'RunNotActive', status: run.status }
  if (!findWorkflowPhase(workflow, key)) return unknownPhase(key, workflow)
  return key === run.currentPhase ? undefined : illegalTransition(run, command, key, workflow)
}

/** The rules of commands about phases. */
export const phaseRules = {
  startPhase: decideStartPhase,
  failPhase: decideFailPhase,
  advancePhase: decideAdvancePhase,
} satisfies Partial<RuleTable>

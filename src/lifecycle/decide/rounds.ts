import { missingForPhase } from '../activity/evidence.ts'
import { currentPhaseOf, isUnderWay } from '../run/run.ts'
import { admits, stateOf } from '../run/transitions.ts'
import type { Rule, RuleTable } from './rule.ts'
import { illegalTransition } from './phaseTransitions.ts'
import { completePhase } from './moves.ts'

/** Completes the round at the phase that the workflow names for it; repeating it changes nothing. */
const decideCompleteRound: Rule<'completeRound'> = (draft, { summary }, { workflow }) => {
  const { run } = draft
  if (!admits('completeRound', stateOf(run))) return { type: 'RunNotActive', status: run.status }
  if (run.roundComplete) return 'unchanged'
  const current = currentPhaseOf(run)
  const at = workflow.completeRoundAt
  if (current.key !== at || !(current.status === 'COMPLETED' || isUnderWay(current)))
    return illegalTransition(run, 'completeRound', at ?? current.key, workflow)
  const missing = missingForPhase(run, current, workflow)
  if (missing.length > 0) return { type: 'NotCompletable', status: run.status, missing }
  completePhase(draft, current)
  draft.note('round.completed', { round: run.round, summary })
  return 'accepted'
}

/** The rules of commands about rounds. */
export const roundRules = {
  completeRound: decideCompleteRound,
} satisfies Partial<RuleTable>

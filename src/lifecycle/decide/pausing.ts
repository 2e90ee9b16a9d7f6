import { awayMsOf } from '../log/draft.ts'
import { admits, stateOf } from '../run/transitions.ts'
import type { Rule, RuleTable } from './rule.ts'
import { withdrawQuestion } from './withdrawQuestion.ts'

/** Pauses a run: the owner keeps its lease and gets the directive PAUSE. */
const decidePause: Rule<'pauseRun'> = (draft, { comment }) => {
  if (!admits('pauseRun', stateOf(draft.run))) return { type: 'NotPausable', status: draft.run.status }
  withdrawQuestion(draft, 'PAUSED')
  draft.note('run.paused', { comment, awayMs: awayMsOf(draft) })
  return 'accepted'
}

/** The rules of commands about pausing. */
export const pausingRules = {
  pauseRun: decidePause,
} satisfies Partial<RuleTable>

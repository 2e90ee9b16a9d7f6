import { awayMsOf, type Draft } from '../log/draft.ts'
import { openQuestionInTurn } from '../run/run.ts'
import type { WithdrawnBecause } from '../run/enums.ts'

/** Makes the question that is open in a turn VOID, so that the run is RUNNING again; does nothing if none is open. */
export function withdrawQuestion(draft: Draft, because: WithdrawnBecause): void {
  const question = openQuestionInTurn(draft.run)
  if (question) draft.note('approval.withdrawn', { id: question.id, because, awayMs: awayMsOf(draft) })
}

import { composeText } from '../../text/composeText.ts'
import { BUDGETS, MAX_MESSAGE_LENGTH } from '../run/budgets.ts'
import type { Move, PhaseWork } from './phaseWork.ts'
import { stopSilent } from './stopSilent.ts'

/** Has work put right that is wrong or did not come: once, as an attempt of its own; then a person is asked. */
export async function correctWork(work: PhaseWork): Promise<Move> {
  const { drive, key, code } = work
  const problem = composeText(work.problem, { max: MAX_MESSAGE_LENGTH })
  await stopSilent(work)
  if (work.standing.repairCount >= BUDGETS.repairs) {
    work.trouble = {
      errorClass: 'HUMAN_REQUIRED',
      code,
      message: `After a repair, too: ${problem}`,
      hint: 'See what the agent said, in the transcript of its session. Trying again begins with a new agent.',
    }
    return 'FAIL'
  }
  await work.makeReady()
  drive.accept(await drive.owned.phases.start(key, { repair: true, because: problem, ...drive.call }))
  drive.report({ kind: 'phase-repaired', phase: key, because: problem })
  await drive.step('repair-started')
  work.prompt = undefined
  work.turn = 'OVER'
  return 'PROMPT'
}

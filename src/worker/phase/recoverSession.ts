import { BUDGETS } from '../run/budgets.ts'
import { limitsFor } from '../run/limits.ts'
import { RESUME_MODE } from '../run/phaseProgress.ts'
import type { Move, PhaseWork } from './phaseWork.ts'

/**
 * Takes an agent up again whose work broke off. One that crashed is resumed with what it remembers, after that started without
 * memory, each so often as the budget allows; one that went with its owner, or was stopped by a person, does not use that up.
 */
export async function recoverSession(work: PhaseWork): Promise<Move> {
  const { drive, open, turn, standing } = work
  const how = turn === 'GONE' ? RESUME_MODE.uncounted : nextWay(standing.resumeCount, standing.restartCount)
  if (how === undefined) {
    work.trouble = {
      errorClass: 'HUMAN_REQUIRED',
      code: 'AGENT_CRASHED',
      message: `The agent of phase ${work.key} ended before its work was done, again and again`,
      hint: 'See what it said last, in the transcript of its session. Trying again begins with a new agent.',
    }
    return 'FAIL'
  }
  if (how === RESUME_MODE.restarted) await open.agent.restart(limitsFor(drive, open.definition))
  await work.makeReady({ how })
  await drive.step('session-recovered')
  work.prompt = undefined
  return 'PROMPT'
}

function nextWay(resumes: number, restarts: number): string | undefined {
  if (resumes < BUDGETS.resumes) return RESUME_MODE.resumed
  return restarts < BUDGETS.restarts ? RESUME_MODE.restarted : undefined
}

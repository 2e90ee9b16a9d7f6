import { setTimeout as sleep } from 'node:timers/promises'
import { BUDGETS } from '../run/budgets.ts'
import { troubleOf } from '../run/trouble.ts'
import type { Move, PhaseWork } from './phaseWork.ts'

/** The wait before the second try, in milliseconds; doubled each time. */
const WAIT_MS = 200

/** Opens the session of the phase's role and its agent, or takes up those of an earlier owner. */
export async function openAgent(work: PhaseWork): Promise<Move> {
  const { drive, role } = work
  for (let tries = 1; ; tries += 1) {
    try {
      work.open = drive.agents.get(role) ?? (await drive.agents.open(role))
      return 'ENTER'
    } catch (error) {
      const mayPass = troubleOf(error)?.errorClass === 'RECOVERABLE' && tries < BUDGETS.resumes
      if (!mayPass || drive.hasLeft) throw error
      await sleep(WAIT_MS * 2 ** (tries - 1), undefined, { signal: drive.signal })
    }
  }
}

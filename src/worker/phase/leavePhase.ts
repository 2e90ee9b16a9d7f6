import { letTurnEnd } from './letTurnEnd.ts'
import { stopSilent } from './stopSilent.ts'
import type { Move, PhaseWork } from './phaseWork.ts'

/** Ends the work on a phase that is done, waits for a person, or was moved on by the agent: when its turn is over. */
export async function leavePhase(work: PhaseWork): Promise<Move> {
  const { drive, open } = work
  if (work.turn === 'ON') await letTurnEnd(work)
  else await stopSilent(work)
  await drive.steering.end()
  if (open.status === 'BUSY') await work.makeReady()
  await drive.step('phase-left')
  return 'DONE'
}

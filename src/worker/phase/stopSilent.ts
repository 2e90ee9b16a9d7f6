import { AgentError } from '../../adapters/kit/adapter.ts'
import { limitsFor } from '../run/limits.ts'
import type { PhaseWork } from './phaseWork.ts'

/**
 * Ends an agent that was silent, or without a file, for too long. Its next prompt starts one that remembers, as far as it can.
 *
 * @throws AgentError where it is not proven gone
 */
export async function stopSilent({ drive, open, turn }: PhaseWork): Promise<void> {
  if (turn !== 'SILENT' && turn !== 'LATE') return
  const limits = limitsFor(drive, open.definition)
  if (await open.agent.stop(limits, turn === 'SILENT' ? 'IDLE' : 'TIMED_OUT')) return
  throw new AgentError(
    'HUMAN_REQUIRED',
    'AGENT_NOT_STOPPED',
    'Processes of the agent could not be ended',
    'See what keeps them (the system may hold them), end them, and try again.',
  )
}

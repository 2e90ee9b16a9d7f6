import { ProcessGroup } from '../processes/processGroup.ts'
import { PREVIOUS_AGENT_STOP_MS } from './kit/handle.ts'
import { endTerminal, findSocket, TmuxServer } from './tmux/tmuxServer.ts'

/** What became of the processes of a session. */
export interface EndedSession {
  /** Whether there were any. */
  readonly wereThere: boolean
  /** Whether none is left. */
  readonly isGone: boolean
}

/** Ends all processes that agents of a session have left on this machine, no matter which owner started them. For sessions that have ended. */
export async function endSession(sessionId: string, stateDir: string): Promise<EndedSession> {
  const group = new ProcessGroup(null, { sessionId })
  const wasAlive = group.isAlive()
  const isTerminalGone = await endTerminal(new TmuxServer(findSocket(stateDir)), PREVIOUS_AGENT_STOP_MS)
  const isGroupGone = await group.stop({ killAfterMs: PREVIOUS_AGENT_STOP_MS, mustKill: () => false })
  return { wereThere: wasAlive || isTerminalGone !== null, isGone: isTerminalGone !== false && isGroupGone }
}

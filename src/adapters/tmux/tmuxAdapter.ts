import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { whyUnstartable } from '../../processes/findCommand.ts'
import { isLiving, signalProcess } from '../../processes/processTable.ts'
import { AgentError } from '../kit/adapter.ts'
import type { Adapter } from '../kit/adapter.ts'
import {
  createHandle,
  endPreviousAgent,
  PREVIOUS_AGENT_STOP_MS,
  isStillHere,
  readHandle,
  wasUsed,
} from '../kit/handle.ts'
import type { AgentHandle } from '../kit/handle.ts'
import { TmuxAgent } from './tmuxAgent.ts'
import { endTerminal, findSocket, TmuxServer } from './tmuxServer.ts'
import { keepToken } from './tokenFile.ts'

/** Agents that live in a terminal. They outlive their worker, and are adopted by the next owner on the same machine. */
export const tmuxAdapter: Adapter = {
  name: 'tmux',
  staysBetweenPrompts: true,
  async open(context) {
    if (whyUnstartable('tmux', process.env))
      throw new AgentError(
        'HUMAN_REQUIRED',
        'TMUX_NOT_FOUND',
        'tmux is not installed where the worker runs',
        'Install tmux there, then decide for a retry.',
      )
    await mkdir(context.stateDir, { recursive: true, mode: 0o700 })
    const former = context.handle === null ? null : readHandle(context.handle)
    if (former?.adapter === 'tmux' && (await answers(former))) {
      const server = new TmuxServer(former.server?.socket ?? '')
      await server.take()
      await keepToken(context)
      return new TmuxAgent(context, server, former, { isAdopted: true, wasThere: true })
    }
    const killAfterMs = Math.min(PREVIOUS_AGENT_STOP_MS, context.definition.killAfterSeconds * 1_000)
    if (former) await endPreviousAgent(former, context.sessionId, killAfterMs)
    const server = new TmuxServer(findSocket(context.stateDir))
    // An owner may have started it and died before it could keep a handle of it.
    await endTerminal(server, killAfterMs)
    const session = former?.adapter === 'tmux' ? former.session : null
    const handle = { ...createHandle('tmux'), session, keys: former?.keys ?? [] }
    return new TmuxAgent(context, server, handle, {
      isAdopted: false,
      wasThere: former !== null && wasUsed(former),
    })
  },
}

/** How long a server may take to make its socket again, in milliseconds. */
const SOCKET_TAKES_MS = 5_000

/** Whether the terminal is there and can be reached. */
async function answers(former: AgentHandle): Promise<boolean> {
  const { server, leader } = former
  if (!server || !leader || !isStillHere(former) || !isLiving(server)) return false
  // Cleaners of temporary files remove sockets, too; tmux recreates its socket on SIGUSR1.
  if (!existsSync(server.socket)) signalProcess(server.pid, 'SIGUSR1')
  const givesUpAt = performance.now() + SOCKET_TAKES_MS
  while (!existsSync(server.socket) && performance.now() < givesUpAt) await sleep(20)
  const pane = await new TmuxServer(server.socket).findPane()
  return pane?.pid === leader.pid && pane.serverPid === server.pid
}

import { mkdir } from 'node:fs/promises'
import type { Adapter } from '../kit/adapter.ts'
import { createHandle, endPreviousAgent, PREVIOUS_AGENT_STOP_MS, readHandle, wasUsed } from '../kit/handle.ts'
import { AcpAgent } from './acpAgent.ts'

/**
 * Agents that speak the Agent Client Protocol on their standard streams: one process a session, from prompt to prompt. They die with
 * their worker, so none is ever adopted; the next one takes the agent's own session up.
 */
export const acpAdapter: Adapter = {
  name: 'acp',
  staysBetweenPrompts: true,
  async open(context) {
    await mkdir(context.stateDir, { recursive: true, mode: 0o700 })
    const fresh = createHandle(this.name)
    if (context.handle === null) return new AcpAgent(context, fresh, false)
    const former = readHandle(context.handle)
    const killAfterMs = context.definition.killAfterSeconds * 1_000
    await endPreviousAgent(former, context.sessionId, Math.min(PREVIOUS_AGENT_STOP_MS, killAfterMs))
    const { session, openedAt, counters } = former.adapter === this.name ? former : fresh
    const handle = { ...fresh, session, openedAt, counters, keys: former.keys }
    return new AcpAgent(context, handle, wasUsed(former))
  },
}

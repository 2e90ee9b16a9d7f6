import { mkdir } from 'node:fs/promises'
import type { Adapter } from '../kit/adapter.ts'
import { createHandle, endPreviousAgent, PREVIOUS_AGENT_STOP_MS, readHandle, wasUsed } from '../kit/handle.ts'
import { ProcessAgent } from './processAgent.ts'

/** Agents that are a command for each prompt. They die with their worker, so none is ever adopted. */
export const processAdapter: Adapter = {
  name: 'process',
  staysBetweenPrompts: false,
  async open(context) {
    await mkdir(context.stateDir, { recursive: true, mode: 0o700 })
    const fresh = createHandle(this.name)
    if (context.handle === null) return new ProcessAgent(context, fresh, false)
    const former = readHandle(context.handle)
    await endPreviousAgent(
      former,
      context.sessionId,
      Math.min(PREVIOUS_AGENT_STOP_MS, context.definition.killAfterSeconds * 1_000),
    )
    const session = former.adapter === this.name ? former.session : null
    return new ProcessAgent(context, { ...fresh, session, keys: former.keys }, wasUsed(former))
  },
}

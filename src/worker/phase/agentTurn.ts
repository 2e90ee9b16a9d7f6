import { setTimeout as sleep } from 'node:timers/promises'
import type { SessionStatus } from '@pawl/sdk'
import { AgentError } from '../../adapters/kit/adapter.ts'
import type { OpenAgent } from '../agent/openAgents.ts'
import { limitsFor } from '../run/limits.ts'
import { answered } from '../run/runLog.ts'
import type { PhaseTask, Turn } from './step.ts'

/**
 * Waits until the agent does not work any more: two never work in one workspace. One that shows no activity, or works for longer
 * than it may, is ended.
 *
 * @returns how its turn ended
 * @throws AgentError where it had to be ended, and is not proven gone
 */
export async function awaitTurnEnd(task: PhaseTask, open: OpenAgent): Promise<Turn> {
  const { agent, definition } = open
  const over = new AbortController()
  const signal = AbortSignal.any([task.context.signal, over.signal])
  const { log } = task.context
  const takenAt = performance.now()
  const begunAt = takenAt - agent.waitedMs
  const ending = agent.turnOver(signal).then(() => {
    task.context.noteQuiet()
    return true
  })
  ending.catch(() => undefined)
  try {
    for (;;) {
      const free = answered(log, signal)
      free.catch(() => undefined)
      if (await Promise.race([ending, free])) return 'OVER'
      const now = performance.now()
      const silentAt = Math.max(agent.lastActivityAt, log.answeredAt) + definition.idleSeconds * 1_000
      // the adapter counts what it asks itself, the log also what the agent asks by other ways
      const waitedMs = Math.max(agent.waitedMs, takenAt - begunAt + log.askedMs(takenAt, now))
      const lateAt = begunAt + waitedMs + definition.artifactSeconds * 1_000
      const wait = Math.min(lateAt, silentAt) - now
      if (wait <= 0) break
      const timeout = sleep(wait, false, { signal })
      timeout.catch(() => undefined)
      if (await Promise.race([ending, timeout])) return 'OVER'
    }
  } finally {
    over.abort()
  }
  await stopUnresponsive(task, open, 'SILENT')
  return 'SILENT'
}

/**
 * Ends an agent that was silent, or without a file, for too long; any other is left alone. Its next prompt starts one that remembers,
 * as far as it can.
 *
 * @throws AgentError where it is not proven gone
 */
export async function stopUnresponsive({ context }: PhaseTask, open: OpenAgent, turn: Turn): Promise<void> {
  if (turn !== 'SILENT' && turn !== 'LATE') return
  const limits = limitsFor(context, open.definition)
  if (await open.agent.stop(limits, turn === 'SILENT' ? 'IDLE' : 'TIMED_OUT')) return
  throw new AgentError(
    'HUMAN_REQUIRED',
    'AGENT_NOT_STOPPED',
    'Processes of the agent could not be ended',
    'See what keeps them (the system may hold them), end them, and try again.',
  )
}

/** Brings the session to READY, by the transitions that lead there from its status and how the turn ended. */
export async function makeReady(
  { context }: PhaseTask,
  open: OpenAgent,
  turn: Turn,
  detail?: Record<string, string | null>,
): Promise<void> {
  for (let next = nextStatus(open, turn); next; next = nextStatus(open, turn))
    await context.agents.move(open, next, next === 'RESUMING' ? detail : undefined)
}

function nextStatus({ status }: OpenAgent, turn: Turn): SessionStatus | null {
  return status === 'BUSY' ? AFTER_TURN[turn] : TO_READY[status]
}

const TO_READY: Readonly<Record<SessionStatus, SessionStatus | null>> = {
  CREATED: 'BOOTSTRAPPING',
  BOOTSTRAPPING: 'READY',
  READY: null,
  BUSY: 'READY',
  ARTIFACT_TIMEOUT: 'RESUMING',
  RESUMING: 'REBOOTSTRAPPED',
  REBOOTSTRAPPED: 'READY',
  WAITING_FOR_APPROVAL: 'READY',
  CRASHED: 'RESUMING',
  FAILED_NEEDS_HUMAN: null,
  DISPOSED: null,
}

/** What a session that was BUSY becomes. */
const AFTER_TURN: Readonly<Record<Turn, SessionStatus>> = {
  NONE: 'READY',
  ON: 'READY',
  OVER: 'READY',
  REFUSED: 'READY',
  CUT_OFF: 'READY',
  CRASHED: 'CRASHED',
  KILLED: 'CRASHED',
  SILENT: 'ARTIFACT_TIMEOUT',
  LATE: 'ARTIFACT_TIMEOUT',
  GONE: 'CRASHED',
}

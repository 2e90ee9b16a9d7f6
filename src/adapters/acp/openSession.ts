import { setTimeout as sleep } from 'node:timers/promises'
import { methods, RequestError } from '@agentclientprotocol/sdk'
import type { ClientContext, McpServer } from '@agentclientprotocol/sdk'
import { z } from 'zod'
import { AgentError } from '../kit/adapter.ts'
import { answerOf, isAuthRequired } from './answers.ts'
import type { AnswerLimits } from './answers.ts'
import { SERVER_STARTS_S } from '../mcp/injectMcp.ts'
import { needs } from './knownFaults.ts'
import { createdSchema, resumedSchema } from './messages.ts'
import type { Initialized, Opened } from './messages.ts'

/** The session that is wanted. */
export interface SessionWish extends AnswerLimits {
  /** Where the agent works. */
  readonly cwd: string
  readonly mcpServers: McpServer[]
  /** The agent's own session that is to be taken up; null for a new one. */
  readonly session: string | null
  /** When that one was made or taken up last, in milliseconds since 1970; null: not known. */
  readonly openedAt: number | null
  /** The mode that it is set to; null: the agent's own. */
  readonly mode: string | null
  /** When the last update came, as `performance.now()`: a replay is over when it has been quiet for a while. */
  readonly lastUpdateAt: () => number
}

/** A session that is open. */
export interface OpenedSession {
  readonly id: string
  /** Whether it remembers what was said in the one that was to be taken up. */
  readonly remembers: boolean
}

/** How long no update may have come until a replay counts as over, and how long that is waited for at most, in milliseconds. */
const REPLAY_QUIET_MS = 300
const REPLAY_TAKES_MS = 10_000

const MINUTE_MS = 60_000

/**
 * Opens a session: the one that is known, resumed or loaded, else a new one. A session that the agent does not know, or can't take up,
 * is given up at once: that is no fault of the agent's process.
 *
 * @throws AgentError where the agent opens none, or has no such mode
 */
export async function openSession(
  agent: ClientContext,
  initialized: Initialized,
  wish: SessionWish,
): Promise<OpenedSession> {
  const taken = wish.session === null ? null : await takeUp(agent, initialized, wish, wish.session)
  const { id, opened } = taken ?? (await create(agent, wish))
  if (wish.mode !== null) await setMode(agent, id, opened, wish.mode, wish)
  return { id, remembers: taken !== null }
}

interface Session {
  readonly id: string
  readonly opened: Opened
}

async function create(agent: ClientContext, wish: SessionWish): Promise<Session> {
  const method = methods.agent.session.new
  const made = agent.request(method, settingsOf(wish))
  const { sessionId: id, ...opened } = await answerOf(made, createdSchema, method, wish)
  return { id, opened }
}

/** Where a session works, and with what. Codex begins before its MCP servers do, unless it is asked to wait; others ignore that. */
function settingsOf({ cwd, mcpServers }: SessionWish) {
  const waits = { mcpStartupAwaitTimeoutMs: SERVER_STARTS_S * 1_000 }
  return { cwd, mcpServers, ...(mcpServers.length > 0 && { _meta: waits }) }
}

async function takeUp(
  agent: ClientContext,
  { agentCapabilities, agentInfo }: Initialized,
  wish: SessionWish,
  id: string,
): Promise<Session | null> {
  const params = { sessionId: id, ...settingsOf(wish) }
  const { resume, load } = {
    resume: Boolean(agentCapabilities?.sessionCapabilities?.resume),
    load: agentCapabilities?.loadSession === true,
  }
  if (resume) {
    const opened = await attempt(agent, methods.agent.session.resume, params, wish)
    if (opened) return { id, opened }
  }
  if (!load) return null
  if (needs('LOAD_IN_ANOTHER_MINUTE', agentInfo?.name)) await nextMinute(wish)
  const opened = await attempt(agent, methods.agent.session.load, params, wish)
  if (!opened) return null
  await replayOver(wish)
  return { id, opened }
}

/** What the agent answers; null where it refuses to take the session up. */
async function attempt(
  agent: ClientContext,
  method: string,
  params: object,
  limits: AnswerLimits,
): Promise<Opened | null> {
  try {
    return await answerOf(agent.request(method, params), resumedSchema, method, limits)
  } catch (error) {
    const { cause } = error as Error
    // A key that is missing is missing for a new session as well; what was not answered is a fault of the agent's.
    if (cause instanceof RequestError && !isAuthRequired(cause)) return null
    throw error
  }
}

/** Waits until the minute in which the session was opened last is over. */
async function nextMinute({ openedAt, signal }: SessionWish): Promise<void> {
  const now = Date.now()
  const isSame = openedAt !== null && Math.floor(openedAt / MINUTE_MS) === Math.floor(now / MINUTE_MS)
  if (isSame) await sleep(MINUTE_MS - (now % MINUTE_MS) + 1, undefined, { signal })
}

/** Waits until the replay has ended: some agents continue it after their answer. */
async function replayOver({ lastUpdateAt, signal }: SessionWish): Promise<void> {
  const givesUpAt = performance.now() + REPLAY_TAKES_MS
  const begunAt = performance.now()
  for (;;) {
    const now = performance.now()
    const quietAt = Math.max(begunAt, lastUpdateAt()) + REPLAY_QUIET_MS
    if (now >= quietAt || now >= givesUpAt) return
    await sleep(Math.min(quietAt, givesUpAt) - now, undefined, { signal })
  }
}

/** Sets the mode, by whichever way the agent offers, also where it says that it is in it. @throws AgentError */
async function setMode(
  agent: ClientContext,
  sessionId: string,
  { modes, configOptions }: Opened,
  mode: string,
  limits: AnswerLimits,
): Promise<void> {
  const option = configOptions?.find(({ category, options }) => category === 'mode' && options)
  const known = modes?.availableModes.map(({ id }) => id) ?? option?.options?.map(({ value }) => value) ?? []
  if (!known.includes(mode))
    throw new AgentError(
      'HUMAN_REQUIRED',
      'MODE_UNKNOWN',
      `the agent has no mode ${mode} (${known.length > 0 ? `it has ${known.join(', ')}` : 'it has none'})`,
      "Correct `mode` in the agent's definition, then decide for a retry.",
    )
  const [method, params] = modes
    ? [methods.agent.session.setMode, { sessionId, modeId: mode }]
    : [methods.agent.session.setConfigOption, { sessionId, configId: option?.id ?? '', value: mode }]
  await answerOf(agent.request(method, params), z.unknown(), method, limits)
}

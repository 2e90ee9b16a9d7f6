import { z } from 'zod'
import { findPlace } from '../../processes/place.ts'
import { ProcessGroup } from '../../processes/processGroup.ts'
import type { GroupMarks } from '../../processes/processGroup.ts'
import { findByVariable, findProcess, isLiving, listProcesses } from '../../processes/processTable.ts'
import { AgentError } from './adapter.ts'
import { agentSurvives } from './agentSurvives.ts'

const processSchema = z.object({ pid: z.int().positive(), startedAt: z.string() })

const handleSchema = z.object({
  adapter: z.string(),
  /** Where the pids below mean something. */
  place: z.object({ host: z.string(), boot: z.string(), space: z.string() }),
  /** The process that began the agent's own session of processes; null while there is none. */
  leader: processSchema.nullable(),
  /** What its descendants carry as PAWL_EXECUTION_ID. */
  executionId: z.string().nullable(),
  /** The terminal's server and where it listens, of an agent that has one. */
  server: processSchema.extend({ socket: z.string() }).nullable(),
  /** The agent's own session id, by which it is taken up again. */
  session: z.string().nullable(),
  /** When that session was made or taken up last, in milliseconds since 1970; null: not known. */
  openedAt: z.number().nullable().default(null),
  /** The last prompts it was handed. */
  keys: z.array(z.string()),
  /** What the counters of the agent's own session showed last that are never set back. */
  counters: z.record(z.string(), z.number()).default({}),
})

/** What is kept of an agent with its session, for the next owner. */
export type AgentHandle = z.infer<typeof handleSchema>

/** A process, told from any later one with its pid. */
export type ProcessIdentity = z.infer<typeof processSchema>

/** How long an earlier owner's agent may take to end by itself, in milliseconds, at most. */
export const PREVIOUS_AGENT_STOP_MS = 5_000

/** How many keys of prompts a handle keeps. */
const MAX_KEYS = 20

/** The handle of an agent that was not started yet. */
export function createHandle(adapter: string): AgentHandle {
  const place = findPlace()
  return {
    adapter,
    place,
    leader: null,
    executionId: null,
    server: null,
    session: null,
    openedAt: null,
    keys: [],
    counters: {},
  }
}

/** The keys with one more, the oldest left out. */
export function addKey(keys: readonly string[], key: string): string[] {
  return [...keys.filter((other) => other !== key), key].slice(-MAX_KEYS)
}

/** Whether its agent was started, or handed something. */
export function wasUsed({ leader, keys }: AgentHandle): boolean {
  return leader !== null || keys.length > 0
}

/** A process that is there now, to be found again. */
export function identify(pid: number): ProcessIdentity {
  return { pid, startedAt: findProcess(pid)?.startedAt ?? '' }
}

/**
 * Reads what an earlier owner kept.
 *
 * @throws AgentError where it is none of ours: nobody knows then which processes there are.
 */
export function readHandle(kept: unknown): AgentHandle {
  const read = handleSchema.safeParse(kept)
  if (read.success) return read.data
  throw new AgentError(
    'HUMAN_REQUIRED',
    'HANDLE_UNREADABLE',
    'what is kept of the agent before can not be read, so nobody knows whether it still works',
    'See that no agent works in the workspace, then decide for a retry, which begins with a new one.',
    { cause: read.error },
  )
}

/**
 * Ends every process of an earlier agent that is still there, and proves it. A pid that another process has by now is left
 * alone.
 *
 * @throws AgentError where it can't be proven, or they can't be ended.
 */
export async function endPreviousAgent(
  handle: AgentHandle,
  sessionId: string,
  killAfterMs: number,
): Promise<void> {
  if (!handle.leader && !handle.server) return
  if (!isStillHere(handle)) return
  const limits = { killAfterMs, mustKill: () => false }
  const ends: Promise<boolean>[] = []
  if (handle.leader) {
    const id = isGroupOf(handle.leader, sessionId) ? handle.leader.pid : null
    const marks = { ...marksOf(handle.leader, handle.executionId), sessionId }
    ends.push(new ProcessGroup(id, marks).stop(limits))
  }
  if (handle.server && isLiving(handle.server)) ends.push(new ProcessGroup(handle.server.pid).stop(limits))
  if ((await Promise.all(ends)).every(Boolean)) return
  throw agentSurvives(`the agent before (${handle.leader?.pid ?? handle.server?.pid})`)
}

/** The processes of an agent that its owner has in view; those of another one that has the pid by now are not among them. */
export function groupOf(leader: ProcessIdentity, executionId: string | null): ProcessGroup {
  const now = findProcess(leader.pid)
  const isOther = now !== undefined && now.startedAt !== leader.startedAt
  return new ProcessGroup(isOther ? null : leader.pid, marksOf(leader, executionId))
}

function marksOf({ startedAt }: ProcessIdentity, executionId: string | null): GroupMarks {
  return { ...(startedAt !== '' && { startedAt }), ...(executionId !== null && { executionId }) }
}

/** Whether its processes, if they live, are among those seen from here; false where they died with the machine. */
export function isStillHere({ place }: AgentHandle): boolean {
  const here = findPlace()
  const isElsewhere = place.host !== here.host || (place.boot === here.boot && place.space !== here.space)
  if (isElsewhere)
    throw new AgentError(
      'HUMAN_REQUIRED',
      'AGENT_ELSEWHERE',
      `the agent before was started on ${place.host}, and whether it still works there can not be seen from ${here.host}`,
      `See that it is gone from ${place.host}, then decide for a retry, which begins with a new one.`,
    )
  return place.boot === here.boot
}

/** Whether the session that this process began is the one that is there now, and not one whose first process got its pid later. */
function isGroupOf(leader: ProcessIdentity, sessionId: string): boolean {
  const now = findProcess(leader.pid)
  // The system gives no pid out again while a group or session has it as its id.
  if (now) return now.startedAt === leader.startedAt
  const members = listProcesses().filter(
    ({ group, session, isLiving }) => isLiving && (group === leader.pid || session === leader.pid),
  )
  if (members.length === 0) return false
  const marked = findByVariable('PAWL_SESSION_ID', sessionId)
  if (members.some(({ pid }) => marked.some((entry) => entry.pid === pid))) return true
  throw new AgentError(
    'HUMAN_REQUIRED',
    'AGENT_UNPROVEN',
    `processes ${members.map(({ pid }) => pid).join(', ')} may be the agent's before, or another's`,
    'See whose they are and end those of the agent, then decide for a retry.',
  )
}

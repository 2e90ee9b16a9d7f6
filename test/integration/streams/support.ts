import { vi } from 'vitest'
import type { Problem, RunResult, RunSuccess } from '../../../src/commands/kit/answers.ts'
import type { WorkSuccess } from '../../../src/commands/activity/changeWork.ts'
import type { Commands } from '../../../src/commands/kit/context.ts'
import { runCommands as runs } from '../../../src/commands/run/runCommands.ts'
import { type StartRun, startRun } from '../../../src/commands/run/startRun.ts'
import { openSignals, type Signals, type SignalsOptions } from '../../../src/events/signals.ts'
import { openStreams, type Streams, type StreamsOptions } from '../../../src/events/streams.ts'
import type { Result } from '../../../src/lifecycle/run/result.ts'
import type { Run } from '../../../src/lifecycle/run/run.ts'
import type { Store } from '../../../src/store/sql/openStore.ts'
import { openTestCommands, type TestCommands } from '../../support/commands.ts'
import { toStart } from '../../support/runs.ts'
import { TEST_WORKFLOWS } from '../../support/workflows.ts'

/** One server, as far as streams need it: its use cases announce what they changed. */
export interface TestServer {
  readonly commands: Commands
  readonly signals: Signals
  readonly streams: Streams
}

/** Servers on one database, each with connections of its own. */
export interface TestServers extends TestCommands {
  openStreamServer(options?: TestServerOptions): Promise<TestServer>
}

export interface TestServerOptions extends Partial<SignalsOptions> {
  readonly onDue?: StreamsOptions['onDue']
}

/** No poll within the time of any test: what arrives was woken by a signal. */
export const NO_POLL = 600_000

/** Opens a database whose servers are closed with it; rejects where a stream was not released. */
export async function openTestServers(): Promise<TestServers> {
  const test = await openTestCommands({ workflows: TEST_WORKFLOWS })
  const opened: Signals[] = []
  return {
    ...test,
    async openStreamServer({ onDue, ...options } = {}) {
      const plain = test.openServer()
      const signals = await openSignals({ poolConfig: test.poolConfig, pollMs: NO_POLL, ...options })
      opened.push(signals)
      const commands = { ...plain, announce: signals.announce }
      const streams = openStreams({ store: plain.store, signals, ...(onDue && { onDue }) })
      return { commands, signals, streams }
    },
    async close() {
      const leaked = opened.map(({ subscribers }) => subscribers).filter((count) => count > 0)
      await Promise.all(opened.map((signals) => signals.close()))
      await test.close()
      if (leaked.length > 0) throw new Error(`wake-ups were left subscribed: ${leaked.join(', ')}`)
    },
  }
}

export const OWNER = { owner: 'w', leaseSeconds: 60 }
export const WORKER = {
  principalId: 'prn_wanda',
  name: 'wanda',
  role: 'WORKER',
  projects: [],
  agent: null,
} as const
export const OPERATOR = {
  principalId: 'prn_olga',
  name: 'olga',
  role: 'OPERATOR',
  projects: [],
  agent: null,
} as const

/** The success that an answer is; throws where it was refused. */
export function accepted(answer: RunResult): RunSuccess {
  if (!answer.ok) throw new Error(`${answer.problem.type}: ${answer.problem.message}`)
  return answer
}

/** The success of a command about what hangs below a run; throws where it was refused. */
export function done<Row>(answer: Result<WorkSuccess<Row>, Problem>): WorkSuccess<Row> {
  if (!answer.ok) throw new Error(`${answer.problem.type}: ${answer.problem.message}`)
  return answer
}

/** Starts a run. */
export async function start(commands: Commands, start: Partial<StartRun> = {}): Promise<Run> {
  return accepted(await startRun(commands, WORKER, toStart({ workflow: 'rounds', ...start }))).run.run
}

/** Starts a run that is claimed and at work in its first phase; its fence is 1. */
export async function startAtWork(commands: Commands, claim = OWNER): Promise<Run> {
  const { id } = await start(commands, { claim })
  return accepted(await runs.startPhase(commands, WORKER, { runId: id, phase: 'draft', fence: 1 })).run.run
}

/** Goes through the same phase once more: two events. */
export async function work(commands: Commands, runId: string): Promise<Run> {
  return accepted(await runs.advancePhase(commands, WORKER, { runId, to: 'draft', fence: 1 })).run.run
}

/** Settles a run that is at work as FAILED, which is not final. */
export async function fail(commands: Commands, runId: string): Promise<Run> {
  return accepted(await runs.failRun(commands, WORKER, { runId, error: 'it broke', fence: 1 })).run.run
}

/** Settles a run for good, as CANCELLED. */
export async function finish(commands: Commands, runId: string): Promise<Run> {
  const { run } = accepted(await runs.cancelRun(commands, OPERATOR, { runId })).run
  if (run.status !== 'CANCELLING') return run
  return accepted(await runs.confirmCancel(commands, WORKER, { runId, fence: run.fence })).run.run
}

/** Everything that comes until the stream ends. */
export async function readAll<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

/** The next item; throws where the stream has ended. */
export async function pull<T>(tail: AsyncIterator<T, void>): Promise<T> {
  const { done, value } = await tail.next()
  if (done) throw new Error('the stream has ended')
  return value
}

/** The next `count` items. */
export async function pullMany<T>(tail: AsyncIterator<T, void>, count: number): Promise<T[]> {
  const items: T[] = []
  while (items.length < count) items.push(await pull(tail))
  return items
}

/** The numbers from 1 to n. */
export const oneTo = (n: number) => Array.from({ length: n }, (_, index) => index + 1)

/** Random numbers below a bound that are the same for the same seed. */
export function seededRandom(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

/** Ends every connection that listens, as a database that restarts would. */
export async function cutSignals({ store }: TestServers): Promise<void> {
  await store.pool.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name LIKE 'pawl signals%'`,
  )
}

/** Counts the statements of this name that are sent from now on. */
export function countReads({ pool }: Store, name: string): () => number {
  const query = vi.spyOn(pool, 'query')
  const before = query.mock.calls.length
  const isCounted = ([sent]: readonly unknown[]) => (sent as { name?: string }).name === name
  return () => query.mock.calls.slice(before).filter(isCounted).length
}

/** The positions of events in their log. */
export function seqs(events: readonly { readonly seq: number }[]): number[] {
  return events.map(({ seq }) => seq)
}

import { setTimeout as delay } from 'node:timers/promises'
import {
  CancelRunDocument,
  PauseRunDocument,
  ResumeRunDocument,
  StartRunDocument,
} from '../../sdk/generated/graphql.ts'
import { BENCH_WORKFLOW } from '../benchWorkflow.ts'
import { expectSuccess } from '../httpClient.ts'
import { HttpClients } from '../loads/httpLoad.ts'
import type { Resources } from '../resources.ts'
import type { BenchServer } from '../startServer.ts'

const CLIENTS = 8
const EACH = 25

/** How many runs change in each turn. */
export const CHANGING = CLIENTS * EACH

/** How many changes a turn makes: every run is paused, then resumed. */
export const CHANGES_OF_A_TURN = 2 * CHANGING

/** Runs on a server for a board: three of four queued, one cancelled. */
export interface ChangingRuns {
  /** A run that `change` does not touch. */
  readonly marker: string
  /** Pauses and resumes `CHANGING` runs, each once per turn, with a maximum rate of changes per second. */
  change(turns: number, perSecond?: number): Promise<{ readonly changes: number; readonly seconds: number }>
  pause(runId: string): Promise<void>
  resume(runId: string): Promise<void>
}

/** Starts runs on a server. */
export async function startRuns(
  server: BenchServer,
  resources: Resources,
  count: number,
): Promise<ChangingRuns> {
  const clients = new HttpClients(server, resources)
  const { signal } = resources
  const queued: string[][] = Array.from({ length: CLIENTS }, () => [])
  const atOnce = (work: (client: number) => Promise<void>) =>
    Promise.all(Array.from({ length: CLIENTS }, (_, client) => work(client)))

  const start = async (client: number, index: number): Promise<string> => {
    const input = { workflow: BENCH_WORKFLOW.name, title: `Run ${index}`, ...keyed() }
    const { startRun } = await clients.of(client).ask(StartRunDocument, { input })
    return expectSuccess(startRun, 'StartRunSuccess').run?.id ?? ''
  }
  const cancel = async (client: number, runId: string): Promise<void> => {
    const { cancelRun } = await clients.of(client).ask(CancelRunDocument, { input: { runId, ...keyed() } })
    expectSuccess(cancelRun, 'CancelRunSuccess')
  }
  const pause = async (client: number, runId: string): Promise<void> => {
    const { pauseRun } = await clients.of(client).ask(PauseRunDocument, { input: { runId, ...keyed() } })
    expectSuccess(pauseRun, 'PauseRunSuccess')
  }
  const resume = async (client: number, runId: string): Promise<void> => {
    const { resumeRun } = await clients.of(client).ask(ResumeRunDocument, { input: { runId, ...keyed() } })
    expectSuccess(resumeRun, 'ResumeRunSuccess')
  }

  const marker = await start(0, 0)
  await atOnce(async (client) => {
    for (let index = client + 1; index < count; index += CLIENTS) {
      signal.throwIfAborted()
      const runId = await start(client, index)
      // in groups of all clients, so that each has the same number of queued runs
      if (Math.ceil(index / CLIENTS) % 4 === 0) await cancel(client, runId)
      else queued[client]?.push(runId)
    }
  })

  return {
    marker,
    change: async (turns, perSecond = Infinity) => {
      const began = performance.now()
      let changes = 0
      await atOnce(async (client) => {
        const own = queued[client]?.slice(0, EACH) ?? []
        for (let half = 0; half < 2 * turns; half += 1) {
          for (const [index, runId] of own.entries()) {
            signal.throwIfAborted()
            const before = half * CHANGING + index * CLIENTS + client
            const early = began + (before / perSecond) * 1000 - performance.now()
            if (early > 0) await delay(early, undefined, { signal })
            await (half % 2 === 0 ? pause : resume)(client, runId)
            changes += 1
          }
        }
      })
      return { changes, seconds: (performance.now() - began) / 1000 }
    },
    pause: (runId) => pause(0, runId),
    resume: (runId) => resume(0, runId),
  }
}

function keyed() {
  return { idempotencyKey: crypto.randomUUID() }
}

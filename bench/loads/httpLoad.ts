import {
  AdvancePhaseDocument,
  ClaimRunDocument,
  CompleteRunDocument,
  StartPhaseDocument,
  StartRunDocument,
} from '../../sdk/generated/graphql.ts'
import { BENCH_WORKFLOW, LEASE_SECONDS } from '../benchWorkflow.ts'
import { expectSuccess, type HttpClient, openHttpClient } from '../httpClient.ts'
import type { Resources } from '../resources.ts'
import type { BenchServer } from '../startServer.ts'
import { type Load, RUNS_EACH } from './load.ts'

/** A run that the client has claimed. */
interface HeldRun {
  readonly runId: string
  readonly fence: number
}

/** Connections to one server, one per client, opened on demand. */
export class HttpClients {
  readonly #clients: HttpClient[] = []
  readonly #server: BenchServer

  constructor(server: BenchServer, resources: Resources) {
    this.#server = server
    resources.defer(async () => this.#clients.forEach((client) => client.close()))
  }

  of(client: number): HttpClient {
    return (this.#clients[client] ??= openHttpClient(this.#server.url, this.#server.token))
  }
}

/** Single guarded mutations as the SDK sends them: another attempt of a running phase. */
export function askMutations(clients: HttpClients): Load {
  const runs: HeldRun[][] = []
  return {
    prepare: async (extent) => {
      for (let client = 0; client < extent.clients; client++) {
        const own = (runs[client] ??= [])
        while (own.length < RUNS_EACH) own.push(await openRun(clients.of(client)))
      }
    },
    act: async (client, turn) => {
      const held = runs[client]?.[turn % RUNS_EACH]
      if (!held) throw new Error('there is no run to change')
      const input = { ...held, ...keyed(), phase: 'plan', isRepair: true, because: 'again' }
      const { startPhase } = await clients.of(client).ask(StartPhaseDocument, { input })
      expectSuccess(startPhase, 'StartPhaseSuccess')
    },
  }
}

/** Whole runs as the SDK executes them: start, claim, three phases, complete. */
export function askLifecycles(clients: HttpClients): Load {
  return {
    prepare: async () => undefined,
    act: async (client) => {
      const http = clients.of(client)
      const held = await openRun(http)
      for (const to of ['build', 'done']) {
        const input = { ...held, ...keyed(), to }
        const { advancePhase } = await http.ask(AdvancePhaseDocument, { input })
        expectSuccess(advancePhase, 'AdvancePhaseSuccess')
      }
      const { completeRun } = await http.ask(CompleteRunDocument, { input: { ...held, ...keyed() } })
      expectSuccess(completeRun, 'CompleteRunSuccess')
    },
  }
}

/** Starts a run, claims it, and starts its first phase. */
export async function openRun(http: HttpClient): Promise<HeldRun> {
  const started = await http.ask(StartRunDocument, { input: { workflow: BENCH_WORKFLOW.name, ...keyed() } })
  const runId = expectSuccess(started.startRun, 'StartRunSuccess').run?.id ?? ''
  const claim = { runId, owner: 'bench', leaseSeconds: LEASE_SECONDS, ...keyed() }
  const { claimRun } = await http.ask(ClaimRunDocument, { input: claim })
  const fence = expectSuccess(claimRun, 'ClaimRunSuccess').lease?.fence
  if (fence === undefined) throw new Error('the claim came without a lease')
  const { startPhase } = await http.ask(StartPhaseDocument, {
    input: { runId, fence, phase: 'plan', ...keyed() },
  })
  expectSuccess(startPhase, 'StartPhaseSuccess')
  return { runId, fence }
}

function keyed() {
  return { idempotencyKey: crypto.randomUUID() }
}

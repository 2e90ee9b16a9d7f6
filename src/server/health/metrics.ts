import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Swept } from '../../commands/sweep.ts'
import type { Store } from '../../store/sql/openStore.ts'

/** The server's metrics, for Prometheus. */
export interface Metrics {
  /** The text of `/metrics`. */
  print(): Promise<{ body: string; contentType: string }>
  /** Records the duration of an operation, in seconds, by kind, first field and outcome. */
  countOperation(kind: string, field: string, outcome: OperationOutcome, seconds: number): void
  /** Counts a refusal by mutation and type of the problem. */
  countRefusal(field: string, problem: string): void
  /** Counts a request that was rejected before its operation was read. */
  countRejected(reason: Rejection): void
  /** Counts a sweep and the runs it changed; undefined if it failed. */
  countSweep(swept: Swept | undefined): void
}

/** How an operation ended: `refused` is an answer, `error` is not. */
export type OperationOutcome = 'ok' | 'refused' | 'error'

/** Why a request or a socket was rejected. */
export type Rejection =
  | 'unauthenticated'
  | 'csrf'
  | 'origin'
  | 'media_type'
  | 'too_large'
  | 'too_many'
  | 'stranger'
  | 'stopping'

/** What the gauges read when they are scraped. */
export interface Observed {
  readonly pool: Store['pool']
  /** Open subscriptions, by transport. */
  countSubscriptions(): { readonly socket: number; readonly http: number }
  countSockets(): number
}

/** Creates a separate registry, so that several servers in one process count separately. */
export function createMetrics({ pool, countSubscriptions, countSockets }: Observed): Metrics {
  const registry = new Registry()
  const registers = [registry]
  // includes the lag of the event loop
  collectDefaultMetrics({ register: registry })

  const operations = new Histogram({
    name: 'pawl_graphql_operation_seconds',
    help: 'How long queries and mutations took, by kind, first field and outcome.',
    labelNames: ['kind', 'field', 'outcome'],
    buckets: [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10],
    registers,
  })
  const refusals = new Counter({
    name: 'pawl_refusals_total',
    help: 'Mutations refused with a typed problem, by problem, if the client selected its __typename.',
    labelNames: ['field', 'problem'],
    registers,
  })
  const rejected = new Counter({
    name: 'pawl_rejected_total',
    help: 'Requests and sockets rejected before their operation was read.',
    labelNames: ['reason'],
    registers,
  })
  const sweeps = new Counter({
    name: 'pawl_sweeps_total',
    help: 'Sweeps of this server, by how they ended.',
    labelNames: ['state'],
    registers,
  })
  const swept = new Counter({
    name: 'pawl_swept_runs_total',
    help: 'Runs changed by sweeps of this server.',
    labelNames: ['change'],
    registers,
  })
  registry.registerMetric(
    new Gauge({
      name: 'pawl_subscriptions',
      help: 'Open subscriptions.',
      labelNames: ['transport'],
      registers: [],
      collect() {
        const counted = countSubscriptions()
        this.set({ transport: 'socket' }, counted.socket)
        this.set({ transport: 'http' }, counted.http)
      },
    }),
  )
  registry.registerMetric(
    new Gauge({
      name: 'pawl_sockets',
      help: 'Open WebSockets.',
      registers: [],
      collect() {
        this.set(countSockets())
      },
    }),
  )
  registry.registerMetric(
    new Gauge({
      name: 'pawl_database_connections',
      help: 'Database connections of this server, and requests waiting for one.',
      labelNames: ['state'],
      registers: [],
      collect() {
        this.set({ state: 'busy' }, pool.totalCount - pool.idleCount)
        this.set({ state: 'idle' }, pool.idleCount)
        this.set({ state: 'waiting' }, pool.waitingCount)
      },
    }),
  )

  return {
    async print() {
      return { body: await registry.metrics(), contentType: registry.contentType }
    },
    countOperation: (kind, field, outcome, seconds) => operations.observe({ kind, field, outcome }, seconds),
    countRefusal: (field, problem) => refusals.inc({ field, problem }),
    countRejected: (reason) => rejected.inc({ reason }),
    countSweep(result) {
      sweeps.inc({ state: result ? 'completed' : 'failed' })
      if (!result) return
      swept.inc({ change: 'lapsed' }, result.lapsed.length)
      swept.inc({ change: 'expired' }, result.expired.length)
    },
  }
}

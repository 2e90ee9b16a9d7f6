import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Swept } from '../../commands/sweep.ts'
import type { Store } from '../../store/sql/openStore.ts'

/** What a server counts, for Prometheus. */
export interface Metrics {
  /** The text of `/metrics`. */
  print(): Promise<{ body: string; contentType: string }>
  /** Counts an operation by its kind, its first field and how it ended, and how long it took, in seconds. */
  countOperation(kind: string, field: string, outcome: OperationOutcome, seconds: number): void
  /** Counts a refusal, told as a value, by the mutation and the type of the problem. */
  countRefusal(field: string, problem: string): void
  /** Counts a request turned away before any operation was looked at. */
  countRejected(reason: Rejection): void
  /** Counts what a sweep did; undefined: it failed. */
  countSweep(swept: Swept | undefined): void
}

/** How an operation ended: `refused` is an answer too, `error` is not. */
export type OperationOutcome = 'ok' | 'refused' | 'error'

/** Why a request or a socket was turned away. */
export type Rejection =
  | 'unauthenticated'
  | 'csrf'
  | 'origin'
  | 'media_type'
  | 'too_large'
  | 'too_many'
  | 'stranger'
  | 'stopping'

/** What the gauges look at whenever they are asked. */
export interface Observed {
  readonly pool: Store['pool']
  /** Operations that stream, by how they came. */
  countSubscriptions(): { readonly socket: number; readonly http: number }
  countSockets(): number
}

/** A registry of its own, so that several servers in one process count apart. */
export function createMetrics({ pool, countSubscriptions, countSockets }: Observed): Metrics {
  const registry = new Registry()
  const registers = [registry]
  // among them the lag of the event loop
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
    help: 'Mutations refused with a typed problem, by the problem, where the client asked for its type.',
    labelNames: ['field', 'problem'],
    registers,
  })
  const rejected = new Counter({
    name: 'pawl_rejected_total',
    help: 'Requests and sockets turned away before any operation was looked at.',
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
    help: 'Runs that sweeps of this server moved on.',
    labelNames: ['change'],
    registers,
  })
  registry.registerMetric(
    new Gauge({
      name: 'pawl_subscriptions',
      help: 'Subscriptions under way.',
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
      help: 'WebSockets open.',
      registers: [],
      collect() {
        this.set(countSockets())
      },
    }),
  )
  registry.registerMetric(
    new Gauge({
      name: 'pawl_database_connections',
      help: 'Connections of this server to the database, and requests that wait for one.',
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

import { Client } from 'pg'
import type { Bench } from '../bench.ts'
import type { BenchDatabase } from '../benchCluster.ts'
import { LEASE_SECONDS } from '../benchWorkflow.ts'
import { RunRecording, send, type Statement } from '../loads/recordStatements.ts'
import { startPlan } from '../loads/driverLoad.ts'
import { EventArrivals } from '../loads/eventArrivals.ts'
import { openSignals, type Signals } from '../../src/events/signals.ts'
import type { Comparison } from '../results.ts'
import { startServer } from '../startServer.ts'
import { percentile, spread, type Spread } from '../statistics.ts'

const COMMITS_PER_ROUND = 150
const SUBSCRIBERS = [1, 100]
const CHANNEL = 'bench_raw'

/**
 * Measures the time from a commit of another process to the event on a WebSocket, compared with a bare NOTIFY to a LISTEN. This process
 * commits and announces as a second server would, so that the time of the commit is known.
 */
export async function measureLatency(bench: Bench): Promise<Comparison[]> {
  const { resources, options } = bench
  const database = await bench.cluster.createDatabase('bench_latency')
  const server = await startServer(bench, { databaseUrl: database.url })
  const signals = await openSignals({ poolConfig: database.poolConfig })
  resources.defer(() => signals.close())
  const listener = await openRawListener(bench, database)
  const results: Comparison[] = []
  for (const subscribers of SUBSCRIBERS) {
    bench.tell(`commit to event, ${subscribers} subscribed`)
    const writer = await openWriter(database)
    const rawWriter = await openWriter(database)
    const arrivals = new EventArrivals(server, writer.runId, subscribers)
    resources.defer(() => arrivals.close())
    await arrivals.until(writer.revision)
    const ours: number[][] = []
    const theirs: number[][] = []
    for (let round = 0; round < options.rounds; round++) {
      const pair = { ours: [] as number[], theirs: [] as number[] }
      for (let commit = 0; commit < COMMITS_PER_ROUND; commit++) {
        resources.signal.throwIfAborted()
        pair.ours.push(...(await timeEvent(database, signals, writer, arrivals)))
        pair.theirs.push(await timeNotification(database, listener, rawWriter))
      }
      ours.push(pair.ours.toSorted((a, b) => a - b))
      theirs.push(pair.theirs.toSorted((a, b) => a - b))
    }
    await arrivals.close()
    results.push(compareTimes(subscribers, ours, theirs))
  }
  await server.stop()
  return results
}

/** A run, and the statements that change it. */
interface Writer {
  readonly runId: string
  /** The revision after the last recorded change. */
  readonly revision: number
  record(): Promise<Statement[]>
}

async function openWriter({ store, workflow }: BenchDatabase): Promise<Writer> {
  const recording = new RunRecording(store, workflow)
  await send(store.pool, await recording.start())
  const claim = { type: 'claimRun', owner: 'bench', leaseSeconds: LEASE_SECONDS } as const
  await send(store.pool, await recording.command('claimRun', claim))
  await send(store.pool, await recording.command('startPhase', startPlan(false)))
  return {
    runId: recording.run.id,
    get revision() {
      return recording.run.revision
    },
    record: () => recording.command('startPhase', startPlan(true)),
  }
}

/** Commits and announces a change; returns the milliseconds until each subscriber received the event. */
async function timeEvent(
  { store }: BenchDatabase,
  signals: Signals,
  writer: Writer,
  arrivals: EventArrivals,
): Promise<number[]> {
  await send(store.pool, await writer.record())
  const committed = performance.now()
  signals.announce(writer.runId)
  const times = await arrivals.until(writer.revision)
  return times.map((time) => time - committed)
}

/** Commits the same kind of change and notifies a bare listener; returns the milliseconds until it received that. */
async function timeNotification(
  { store }: BenchDatabase,
  listener: RawListener,
  writer: Writer,
): Promise<number> {
  await send(store.pool, await writer.record())
  const committed = performance.now()
  const told = listener.next()
  await store.pool.query({
    name: 'raw-notify',
    text: 'SELECT pg_notify($1, $2)',
    values: [CHANNEL, writer.runId],
  })
  return (await told) - committed
}

interface RawListener {
  /** Resolves to the time of the next notification. */
  next(): Promise<number>
}

async function openRawListener({ resources }: Bench, { poolConfig }: BenchDatabase): Promise<RawListener> {
  const client = new Client(poolConfig)
  client.on('error', () => undefined)
  await client.connect()
  resources.defer(() => client.end())
  await client.query(`LISTEN ${CHANNEL}`)
  return {
    next: () => new Promise((resolve) => client.once('notification', () => resolve(performance.now()))),
  }
}

function compareTimes(
  subscribers: number,
  ours: readonly (readonly number[])[],
  theirs: readonly (readonly number[])[],
): Comparison {
  const side = (name: string, rounds: readonly (readonly number[])[]) => {
    const at = (share: number): Spread => spread(rounds.map((sorted) => percentile(sorted, share)))
    return { name, perSecond: null, p50: at(0.5), p99: at(0.99), processor: null, walKibibytes: null }
  }
  const ratios = ours.map((sorted, round) => percentile(sorted, 0.5) / percentile(theirs[round] ?? [], 0.5))
  return {
    kind: 'comparison',
    what: 'commit elsewhere to event received',
    clients: subscribers,
    rounds: ours.length,
    subject: side('WebSocket', ours),
    baseline: side('LISTEN', theirs),
    of: 'p50',
    ratio: spread(ratios),
  }
}

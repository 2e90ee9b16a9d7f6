import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { StartPhaseDocument } from '../../sdk/generated/graphql.ts'
import type { Bench } from '../bench.ts'
import type { BenchDatabase } from '../benchCluster.ts'
import { expectSuccess, openHttpClient } from '../httpClient.ts'
import { openRun } from '../loads/httpLoad.ts'
import { follow, RawSubscribers } from '../loads/rawSubscribers.ts'
import { readUsage } from '../machine.ts'
import type { Comparison, Result, Side } from '../results.ts'
import { type BenchServer, startServer } from '../startServer.ts'
import { spread } from '../statistics.ts'

/** Subscriptions on one socket. */
const PER_SOCKET = 50
/** Subscribers of one run. */
const FANNED_OUT = 1_000
const EVENTS_PER_ROUND = 40
/** How many rounds make a log that is too long for the buffers between the server and a client that does not read: some 10 MiB. */
const FILLED_BY = 10
/** Subscriptions that wait, for their memory. */
const IDLE = 10_000
/** How long memory is let to settle, in milliseconds. */
const SETTLE_MS = 15_000

/** Measures what many who watch cost: frames a second to all who follow one run, also beside as many who do not read, and the memory of who waits. */
export async function measureWatchers(bench: Bench): Promise<Result[]> {
  const database = await bench.cluster.createDatabase('bench_watchers')
  const server = await startServer(bench, { databaseUrl: database.url })
  const fannedOut = await measureFanOut(bench, server, database)
  const idle = await measureIdle(bench, server, database)
  await server.stop()
  return [...fannedOut, ...idle]
}

/** A side of the comparison: something that sends frames to sockets. */
interface Sender {
  readonly subscribers: RawSubscribers
  /** Sends some events to all; resolves to the number of frames received when all are. */
  readonly send: () => Promise<number>
}

async function measureFanOut(bench: Bench, server: BenchServer, database: BenchDatabase): Promise<Result[]> {
  const ours = await openFollowed(bench, server, database)
  // as long as what Pawl sends
  await ours.send()
  const bare = await openBare(bench, ours.subscribers.sample)
  const results: Result[] = [await compareSenders(bench, 'one event to 1,000 subscribers', ours, bare)]
  const slow = new RawSubscribers(bench.resources)
  // each is sent the whole log so far, which is more than there is room for on its way
  for (let round = 0; round < FILLED_BY; round++) await ours.send()
  await openSubscribers(slow, server, { ...ours.followed, after: 0 }, FANNED_OUT, true)
  await delay(SETTLE_MS)
  results.push(await compareSenders(bench, 'the same beside 1,000 that do not read', ours, bare))
  slow.close()
  ours.subscribers.close()
  bare.subscribers.close()
  return results
}

/** A run whose events are followed. */
interface Followed {
  readonly runId: string
  readonly after: number
}

async function openSubscribers(
  subscribers: RawSubscribers,
  { url, token }: Pick<BenchServer, 'url' | 'token'>,
  followed: Followed,
  count: number,
  isPaused = false,
): Promise<void> {
  for (let begun = 0; begun < count; begun += PER_SOCKET) {
    const socket = await subscribers.open(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
    await follow(socket, { token, ...followed, copies: PER_SOCKET })
    if (isPaused) socket.pause()
    else subscribers.count(socket)
  }
}

async function openFollowed(
  { resources }: Bench,
  server: BenchServer,
  { store }: BenchDatabase,
): Promise<Sender & { readonly followed: Followed }> {
  const client = openHttpClient(server.url, server.token)
  resources.defer(async () => client.close())
  const held = await openRun(client)
  const readRevision = async (): Promise<number> => {
    const { rows } = await store.pool.query<{ revision: number }>('SELECT revision FROM run WHERE id = $1', [
      held.runId,
    ])
    return rows[0]?.revision ?? 0
  }
  const after = await readRevision()
  const subscribers = new RawSubscribers(resources)
  await openSubscribers(subscribers, server, { runId: held.runId, after }, FANNED_OUT)
  await delay(2_000)
  return {
    subscribers,
    followed: { runId: held.runId, after },
    async send() {
      const before = await readRevision()
      for (let event = 0; event < EVENTS_PER_ROUND; event++) {
        const input = {
          ...held,
          idempotencyKey: crypto.randomUUID(),
          phase: 'plan',
          isRepair: true,
          because: 'again',
        }
        expectSuccess((await client.ask(StartPhaseDocument, { input })).startPhase, 'StartPhaseSuccess')
      }
      const now = await readRevision()
      await subscribers.until((now - after) * FANNED_OUT)
      return (now - before) * FANNED_OUT
    },
  }
}

/** As many sockets of a server that does nothing but send, in a process of its own. */
async function openBare({ resources }: Bench, message: string): Promise<Sender> {
  const program = fileURLToPath(new URL('../loads/bareSockets.mjs', import.meta.url))
  const child = spawn(process.execPath, [program, String(PER_SOCKET)], { stdio: ['pipe', 'pipe', 'inherit'] })
  resources.defer(async () => void child.kill())
  const [port] = (await once(createInterface(child.stdout), 'line')) as [string]
  const subscribers = new RawSubscribers(resources)
  for (let begun = 0; begun < FANNED_OUT; begun += PER_SOCKET)
    subscribers.count(await subscribers.open(`ws://127.0.0.1:${port}`))
  let sent = 0
  return {
    subscribers,
    async send() {
      for (let event = 0; event < EVENTS_PER_ROUND; event++) child.stdin.write(`${message}\n`)
      sent += EVENTS_PER_ROUND * FANNED_OUT
      await subscribers.until(sent)
      return EVENTS_PER_ROUND * FANNED_OUT
    },
  }
}

async function compareSenders(
  { options, tell }: Bench,
  what: string,
  ours: Sender,
  bare: Sender,
): Promise<Comparison> {
  tell(what)
  const rates = { ours: [] as number[], bare: [] as number[] }
  for (let round = 0; round < options.rounds; round++) {
    for (const side of round % 2 === 0 ? (['ours', 'bare'] as const) : (['bare', 'ours'] as const)) {
      const begun = performance.now()
      const frames = await (side === 'ours' ? ours : bare).send()
      rates[side].push((frames * 1_000) / (performance.now() - begun))
    }
  }
  return {
    kind: 'comparison',
    what,
    clients: FANNED_OUT,
    rounds: options.rounds,
    subject: toSide('Pawl', rates.ours),
    baseline: toSide('ws', rates.bare),
    of: 'perSecond',
    ratio: spread(rates.ours.map((rate, round) => rate / (rates.bare[round] ?? Number.NaN))),
  }
}

/** Frames a second, and the milliseconds that one event takes to all. */
function toSide(name: string, rates: readonly number[]): Side {
  const took = spread(rates.map((rate) => (FANNED_OUT * 1_000) / rate))
  return { name, perSecond: spread(rates), p50: took, p99: took, processor: null, walKibibytes: null }
}

/** The memory of subscriptions that wait, each of a run of its own beside others on its socket. */
async function measureIdle(
  { resources, tell }: Bench,
  server: BenchServer,
  { store }: BenchDatabase,
): Promise<Result[]> {
  tell(`${IDLE} subscriptions that wait`)
  const client = openHttpClient(server.url, server.token)
  resources.defer(async () => client.close())
  const subscribers = new RawSubscribers(resources)
  const runs: Followed[] = []
  for (let run = 0; run < IDLE / PER_SOCKET; run++) {
    const { runId } = await openRun(client)
    const { rows } = await store.pool.query<{ revision: number }>('SELECT revision FROM run WHERE id = $1', [
      runId,
    ])
    runs.push({ runId, after: rows[0]?.revision ?? 0 })
  }
  await delay(SETTLE_MS)
  const before = readUsage([server.pid])?.memory ?? Number.NaN
  const begun = performance.now()
  for (const followed of runs) await openSubscribers(subscribers, server, followed, PER_SOCKET)
  // answered when all before it have begun
  await client.ask(StartPhaseDocument, { input: { runId: 'run_none', fence: 1, phase: 'plan' } })
  const took = performance.now() - begun
  await delay(SETTLE_MS)
  const after = readUsage([server.pid])?.memory ?? Number.NaN
  subscribers.close()
  const figure = (what: string, unit: 'KiB' | 's', value: number): Result => ({
    kind: 'figure',
    what,
    unit,
    value: spread([value]),
  })
  return [
    figure('memory of a subscription that waits', 'KiB', ((after - before) * 1024) / IDLE),
    figure('to begin 10,000 subscriptions', 's', took / 1_000),
  ]
}

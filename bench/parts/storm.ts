import { setTimeout as delay } from 'node:timers/promises'
import { createPawl, unwrap } from '../../sdk/index.ts'
import { StartPhaseDocument } from '../../sdk/generated/graphql.ts'
import type { Bench } from '../bench.ts'
import type { BenchDatabase } from '../benchCluster.ts'
import { expectSuccess, type HttpClient, openHttpClient } from '../httpClient.ts'
import { openRun } from '../loads/httpLoad.ts'
import { type ManyWatchers, openManyWatchers } from '../loads/openManyWatchers.ts'
import type { Result, Side } from '../results.ts'
import { type BenchServer, startServer } from '../startServer.ts'
import { percentile, spread } from '../statistics.ts'

/** Programs that watch, each with a socket of its own, and the subscriptions of each. */
const CLIENTS = 2_000
const EACH = 5
/** Runs that are watched. */
const RUNS = 100
const TOKENS = 20
/** How long changes are timed before the storm, in milliseconds. */
const CALM_MS = 5_000
/** How often it is looked whether all are there, in milliseconds. */
const LOOK_MS = 200
/** How long all may take to be there, in milliseconds. */
const LIMIT_MS = 120_000

type Run = Awaited<ReturnType<typeof openRun>>

/** One storm: the times of changes before and in it, and how long it took, in milliseconds. */
interface Storm {
  readonly calm: readonly number[]
  readonly storm: readonly number[]
  readonly back: number
}

/**
 * Measures what it costs that a server is killed while many watch on two: how long until all of them are delivered to by the other, and
 * how long changes take there in the meantime. A gap in what one of them sees is a problem.
 */
export async function measureStorm(bench: Bench): Promise<Result[]> {
  const { options, resources, tell } = bench
  const database = await bench.cluster.createDatabase('bench_storm')
  const storms: Storm[] = []
  for (let round = 1; round <= options.rounds; round++) {
    resources.signal.throwIfAborted()
    tell(`${CLIENTS * EACH} subscriptions on two servers, one of which is killed: round ${round}`)
    storms.push(await timeStorm(bench, database))
  }
  const calm = toSide('before', storms, ({ calm }) => calm)
  const during = toSide('in the storm', storms, ({ storm }) => storm)
  return [
    {
      kind: 'comparison',
      what: 'a mutation while 5,000 subscriptions of a lost server begin again',
      clients: 1,
      rounds: options.rounds,
      subject: during,
      baseline: calm,
      of: 'p50',
      ratio: spread(storms.map(({ storm, calm }) => percentile(storm, 0.5) / percentile(calm, 0.5))),
    },
    {
      kind: 'figure',
      what: 'until each of them has seen an event that was made after the loss',
      unit: 's',
      value: spread(storms.map(({ back }) => back / 1_000)),
    },
  ]
}

async function timeStorm(bench: Bench, database: BenchDatabase): Promise<Storm> {
  const { resources, problems } = bench
  const staying = await startServer(bench, { databaseUrl: database.url })
  const lost = await startServer(bench, { databaseUrl: database.url })
  const client = openHttpClient(staying.url, staying.token)
  resources.defer(async () => client.close())
  const changed = await openRun(client)
  const runs: Run[] = []
  for (let run = 0; run < RUNS; run++) runs.push(await openRun(client))
  const watchers = openManyWatchers(resources, {
    urls: [staying.url, lost.url],
    tokens: await createTokens(staying),
    runs: runs.map(({ runId }) => ({ runId, after: 0 })),
    clients: CLIENTS,
    each: EACH,
  })
  await untilAllSeeMore(client, watchers, runs)
  const calm = await timeChanges(client, changed, delay(CALM_MS))
  const begun = performance.now()
  await lost.kill()
  const storm = await timeChanges(client, changed, untilAllSeeMore(client, watchers, runs))
  const back = performance.now() - begun
  problems.push(...(await watchers.count()).faults.map((fault) => `storm: ${fault}`))
  watchers.close()
  client.close()
  await staying.stop()
  return { calm, storm, back }
}

async function createTokens({ url, token }: BenchServer): Promise<string[]> {
  const pawl = createPawl({ url, token, WebSocket: false })
  const secrets: string[] = []
  while (secrets.length < TOKENS) {
    const principal = { name: `watcher ${crypto.randomUUID()}` }
    secrets.push(unwrap(await pawl.tokens.create({ principal, role: 'VIEWER' })).secret ?? '')
  }
  return secrets
}

/** Changes every run once all subscriptions are open, and resolves when all of them have seen it. */
async function untilAllSeeMore(
  client: HttpClient,
  watchers: ManyWatchers,
  runs: readonly Run[],
): Promise<void> {
  const begun = performance.now()
  const until = async (isSo: (seen: Awaited<ReturnType<ManyWatchers['count']>>) => boolean) => {
    for (;;) {
      const seen = await watchers.count()
      if (isSo(seen)) return
      if (performance.now() - begun > LIMIT_MS)
        throw new Error(`only ${seen.open} subscriptions are open: ${seen.faults.join('; ')}`)
      await delay(LOOK_MS)
    }
  }
  await delay(LOOK_MS)
  await until(({ open }) => open === CLIENTS * EACH)
  const revisions = new Map<string, number>()
  for (const run of runs) revisions.set(run.runId, await change(client, run))
  await until(({ seen }) => seen.every(([runId, seq]) => seq >= (revisions.get(runId) ?? Number.NaN)))
}

/** Changes a run that nobody watches, again and again; returns the milliseconds that each took. */
async function timeChanges(client: HttpClient, run: Run, until: Promise<unknown>): Promise<number[]> {
  const took: number[] = []
  let isOver = false
  const over = until.finally(() => (isOver = true))
  over.catch(() => undefined)
  while (!isOver) {
    const begun = performance.now()
    await change(client, run)
    took.push(performance.now() - begun)
    await delay(5)
  }
  await over
  return took.toSorted((a, b) => a - b)
}

/** Makes an event; returns the run's revision. */
async function change(client: HttpClient, run: Run): Promise<number> {
  const input = {
    ...run,
    idempotencyKey: crypto.randomUUID(),
    phase: 'plan',
    isRepair: true,
    because: 'again',
  }
  const { startPhase } = await client.ask(StartPhaseDocument, { input })
  return expectSuccess(startPhase, 'StartPhaseSuccess').run?.revision ?? 0
}

function toSide(name: string, storms: readonly Storm[], of: (storm: Storm) => readonly number[]): Side {
  const at = (share: number) => spread(storms.map((storm) => percentile(of(storm), share)))
  return { name, perSecond: null, p50: at(0.5), p99: at(0.99), processor: null, walKibibytes: null }
}

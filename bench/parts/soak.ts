import { execFile } from 'node:child_process'
import { setMaxListeners } from 'node:events'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { WebSocket } from 'ws'
import { createPawl, isSuccess, type OwnedRun, type Pawl, unwrap } from '../../sdk/index.ts'
import type { Bench } from '../bench.ts'
import { BENCH_WORKFLOW } from '../benchWorkflow.ts'
import { readUsage } from '../machine.ts'
import { makeFolder } from '../resources.ts'
import type { Result } from '../results.ts'
import { type BenchServer, startServer } from '../startServer.ts'
import { percentile, spread } from '../statistics.ts'

/** Workers, and the runs that each drives at a time. */
const WORKERS = 4
const CONCURRENCY = 5
/** How many runs wait for a worker. */
const QUEUED = 20
/** How many runs persons look at, each until it settles. */
const WATCHED = 50
const SAMPLE_MS = 10_000
/** By how much memory and latency of the last quarter may exceed those of the second; the first warms up. */
const MAX_GROWTH = 1.15

/** What the load has done since the last sample. */
interface Work {
  settled: number
  /** Milliseconds that starts of runs took. */
  took: number[]
}

/** What is known at one moment. */
interface Sample {
  /** MiB of the server's process. */
  readonly memory: number
  readonly p50: number
}

/**
 * Runs a simulated load for `--minutes`: workers of the SDK drive runs with sessions and transcripts, some of which fail, are cancelled, or
 * get messages, while persons watch them. Wrong are memory or latency that grow, and a database that `pawl doctor` finds faults in.
 */
export async function soak(bench: Bench): Promise<Result[]> {
  const { options, resources, tell, problems } = bench
  const dataDir = join(await makeFolder(resources), 'data')
  const server = await startServer(bench, { dataDir })
  const load = await startLoad(bench, server)
  const samples: Sample[] = []
  const count = Math.max(4, Math.round((options.minutes * 60_000) / SAMPLE_MS))
  let settled = 0
  while (samples.length < count) {
    await delay(SAMPLE_MS, undefined, { signal: resources.signal })
    const { settled: more, took } = load.take()
    settled += more
    const memory = readUsage([server.pid])?.memory ?? Number.NaN
    const p50 = percentile(
      took.toSorted((a, b) => a - b),
      0.5,
    )
    samples.push({ memory, p50 })
    const seconds = (samples.length * SAMPLE_MS) / 1_000
    tell(
      `${seconds} s: ${settled} runs settled, server ${Math.round(memory)} MiB, a start ${p50.toFixed(1)} ms`,
    )
  }
  await load.stop()
  const grown = (['memory', 'p50'] as const).map((what) => {
    const quarter = Math.floor(count / 4)
    const of = (part: number) =>
      spread(samples.slice(part * quarter, (part + 1) * quarter).map((sample) => sample[what])).median
    const ratio = of(3) / of(1)
    if (!(ratio <= MAX_GROWTH))
      problems.push(`soak: ${what} grew by ${ratio.toFixed(2)} from the second quarter to the last`)
    return ratio
  })
  await examine(bench, dataDir)
  await server.stop()
  const figure = (what: string, unit: 'MiB' | 'per s' | 'times', value: number): Result => ({
    kind: 'figure',
    what,
    unit,
    value: spread([value]),
  })
  return [
    figure(`runs settled, over ${options.minutes} minutes`, 'per s', settled / ((count * SAMPLE_MS) / 1_000)),
    figure('memory of the server at the end', 'MiB', samples.at(-1)?.memory ?? Number.NaN),
    figure('memory, last quarter to second', 'times', grown[0] ?? Number.NaN),
    figure('latency of a start, last quarter to second', 'times', grown[1] ?? Number.NaN),
  ]
}

/** A problem for each fault that `pawl doctor` finds. */
async function examine({ program, problems }: Bench, dataDir: string): Promise<void> {
  const env = { ...process.env, PAWL_DATA: dataDir }
  try {
    await promisify(execFile)(process.execPath, [program, 'doctor'], { env, maxBuffer: 1 << 26 })
  } catch (error) {
    problems.push(`soak: pawl doctor: ${(error as { stdout?: string }).stdout ?? String(error)}`)
  }
}

interface RunningLoad {
  /** What was done since it was last asked. */
  take(): Work
  stop(): Promise<void>
}

async function startLoad({ resources }: Bench, { url, token }: BenchServer): Promise<RunningLoad> {
  const pawl = createPawl({ url, token, WebSocket })
  unwrap(await pawl.workflows.register(BENCH_WORKFLOW))
  const done: Work = { settled: 0, took: [] }
  const stopping = new AbortController()
  setMaxListeners(0, stopping.signal)
  const failures: unknown[] = []
  const workers = Array.from({ length: WORKERS }, (_, index) =>
    pawl.worker(
      {
        owner: `soak-${index}`,
        workflows: [BENCH_WORKFLOW.name],
        concurrency: CONCURRENCY,
        leaseSeconds: 30,
      },
      async (owned) => {
        await drive(owned)
        done.settled += 1
      },
    ),
  )
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) await startAndWatch(pawl, done, stopping.signal)
  }
  const persons = Array.from({ length: WATCHED + QUEUED }, () =>
    run().catch((error: unknown) => {
      if (!stopping.signal.aborted) failures.push(error)
    }),
  )
  const stop = async (): Promise<void> => {
    stopping.abort()
    await Promise.all(workers.map((worker) => worker.stop({ timeoutMs: 10_000 })))
    await Promise.all(persons)
    if (failures.length > 0) throw new AggregateError(failures, 'the load failed')
  }
  resources.defer(stop)
  return {
    take() {
      if (failures.length > 0) throw new AggregateError(failures, 'the load failed')
      const { settled } = done
      done.settled = 0
      return { settled, took: done.took.splice(0) }
    },
    stop,
  }
}

/** Starts a run, and looks on until it is settled; sometimes tells its agent something, or cancels it. */
async function startAndWatch(pawl: Pawl, done: Work, signal: AbortSignal): Promise<void> {
  const begun = performance.now()
  const { run } = unwrap(await pawl.runs.start({ workflow: BENCH_WORKFLOW.name, title: 'Soak' }))
  done.took.push(performance.now() - begun)
  let whim = Math.random()
  for await (const { status } of pawl.runs.watch(run.id, { untilSettled: true, signal })) {
    if (status !== 'RUNNING') continue
    // it may have settled since
    if (whim < 0.1) await pawl.messages.send(run.id, 'And the tests.')
    else if (whim < 0.2) await pawl.runs.cancel(run.id)
    whim = 1
  }
}

/** Works through the phases as an agent would, with a transcript of some kilobytes. */
async function drive(owned: OwnedRun): Promise<void> {
  for (const phase of ['plan', 'build']) {
    const started = phase === 'plan' ? await owned.phases.start(phase) : await owned.phases.advance(phase)
    if (!isSuccess(started)) return
    const opened = await owned.sessions.open({ role: `agent of ${phase}`, adapter: 'process' })
    if (!isSuccess(opened)) return
    for (let part = 0; part < 5; part++) {
      const entries = Array.from({ length: 10 }, () => ({
        output: { stream: 'STDOUT' as const, text: 'It reads a file. '.repeat(10) },
      }))
      await owned.sessions.append(opened.session.id, { fromSeq: part * 10 + 1, entries })
    }
    if (Math.random() < 0.05) return void (await owned.fail({ error: 'as it happens' }))
  }
  if (isSuccess(await owned.phases.advance('done'))) await owned.complete()
}

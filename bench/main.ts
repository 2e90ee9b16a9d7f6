import { mkdirSync, writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Bench } from './bench.ts'
import { startBenchCluster } from './benchCluster.ts'
import { describeMachine } from './machine.ts'
import { type BenchOptions, type Part, readOptions, USAGE } from './options.ts'
import { measureDashboard } from './parts/dashboard.ts'
import { measureGrowth } from './parts/growth.ts'
import { measureLatency } from './parts/latency.ts'
import { measurePeers } from './parts/peers.ts'
import { showPlans } from './parts/plans.ts'
import { profileServer } from './parts/profile.ts'
import { soak } from './parts/soak.ts'
import { measureStorm } from './parts/storm.ts'
import { measureStart } from './parts/start.ts'
import { measureRetention } from './parts/retention.ts'
import { measureTakeover } from './parts/takeover.ts'
import { measureThroughput } from './parts/throughput.ts'
import { measureTurns } from './parts/turns.ts'
import { measureWatchers } from './parts/watchers.ts'
import { buildServer } from '../scripts/buildServer.ts'
import { InterruptedError, Resources } from './resources.ts'
import { printTables, type Report, type Result } from './results.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

/** The parts; those that print texts instead of measuring return nothing. */
const MEASURE: Readonly<Record<Part, (bench: Bench) => Promise<readonly Result[]>>> = {
  start: measureStart,
  throughput: measureThroughput,
  latency: measureLatency,
  watchers: measureWatchers,
  storm: measureStorm,
  growth: measureGrowth,
  takeover: measureTakeover,
  turns: measureTurns,
  retention: measureRetention,
  dashboard: measureDashboard,
  peers: measurePeers,
  plans: showPlans,
  profile: profileServer,
  soak,
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2))
  if (!options) return console.log(USAGE)
  const loadBefore = loadavg()[0] ?? 0
  const resources = new Resources()
  try {
    const problems: string[] = []
    for await (const report of measureParts(options, resources, loadBefore, problems)) {
      // results are kept even if a later part is interrupted
      console.log(`\n${printTables(report)}`)
      console.log(`\nkept in ${relative(process.cwd(), keep(report, options.out))}`)
    }
    for (const problem of problems) console.error(`wrong: ${problem}`)
    if (problems.length > 0) process.exitCode = 1
  } finally {
    await resources.close().catch((error: unknown) => {
      // must not replace the error that ended the measurements
      console.error(error)
      process.exitCode = 1
    })
  }
}

/** Measures one part after the other; yields all results so far after each. */
async function* measureParts(
  options: BenchOptions,
  resources: Resources,
  loadBefore: number,
  problems: string[],
): AsyncGenerator<Report> {
  const { program, remove } = await buildServer()
  resources.defer(remove)
  const cluster = await startBenchCluster(resources)
  const tell = (what: string) => console.error(`- ${what}`)
  const bench: Bench = { options, resources, program, cluster, problems, tell }
  const machine = await describeMachine(cluster.admin, loadBefore)
  const results: Record<string, readonly Result[]> = {}
  for (const part of options.parts) {
    resources.signal.throwIfAborted()
    results[part] = await MEASURE[part](bench)
    yield { machine, options: { ...options }, results }
  }
}

function keep(report: Report, out: string | null): string {
  const name = report.machine.date.replaceAll(/[:.]/g, '-')
  const path = out ?? join(root, 'bench/results', `${name}.json`)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `${JSON.stringify(report, null, 2)}\n`)
  return path
}

try {
  await main()
} catch (error) {
  console.error(error instanceof InterruptedError ? '\ninterrupted' : error)
  process.exitCode = error instanceof InterruptedError ? 130 : 1
}

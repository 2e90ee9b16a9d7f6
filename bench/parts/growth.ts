import type { Bench } from '../bench.ts'
import type { BenchDatabase } from '../benchCluster.ts'
import { compare } from '../compare.ts'
import { driveMutations } from '../loads/driverLoad.ts'
import { askLifecycles, askMutations, HttpClients } from '../loads/httpLoad.ts'
import type { Load } from '../loads/load.ts'
import { askForList, askForNothing } from '../loads/queryLoad.ts'
import type { Result } from '../results.ts'
import { seedRuns } from '../seedRuns.ts'
import { startServer } from '../startServer.ts'

const FEW = 1000
const CLIENTS = 8

/** The same work in a database of a thousand runs and in one of a million, each with a server of its own, in turns. */
export async function measureGrowth(bench: Bench): Promise<Result[]> {
  const { runs } = bench.options
  const few = await openSide(bench, FEW)
  const many = await openSide(bench, runs)
  const loads: readonly (readonly [string, (side: GrownSide) => Load, usesServer: boolean])[] = [
    ['one guarded mutation, HTTP', (side) => askMutations(side.clients), true],
    ['one whole run, HTTP', (side) => askLifecycles(side.clients), true],
    ['one guarded mutation, driver', (side) => driveMutations(side.database), false],
    ['the newest 50 runs, HTTP', (side) => askForList(side.clients), true],
    ['a claim with nothing to claim, HTTP', (side) => askForNothing(side.clients), true],
  ]
  const results: Result[] = []
  for (const [what, open, usesServer] of loads) {
    const contend = (side: GrownSide) => ({
      name: `${side.runs.toLocaleString('en')} runs`,
      load: open(side),
      server: usesServer ? side.pid : null,
    })
    results.push(await compare(bench, { what, clients: CLIENTS }, contend(many), contend(few)))
  }
  await few.stop()
  await many.stop()
  return results
}

interface GrownSide {
  readonly runs: number
  readonly database: BenchDatabase
  readonly clients: HttpClients
  readonly pid: number
  stop(): Promise<void>
}

async function openSide(bench: Bench, runs: number): Promise<GrownSide> {
  bench.tell(`filling a database with ${runs.toLocaleString('en')} runs`)
  const database = await bench.cluster.createDatabase(`bench_${runs}`)
  await seedRuns(database, runs)
  const server = await startServer(bench, { databaseUrl: database.url })
  const clients = new HttpClients(server, bench.resources)
  return { runs, database, clients, pid: server.pid, stop: () => server.stop() }
}

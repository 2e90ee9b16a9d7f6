import { realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Bench } from '../bench.ts'
import { readUsage } from '../machine.ts'
import type { Figure } from '../results.ts'
import { makeFolder } from '../resources.ts'
import { type BenchServer, startServer } from '../startServer.ts'
import { spread } from '../statistics.ts'
import { listPostgresProcesses } from '../../src/database/embedded/inspectProcess.ts'

const IDLE_MS = 3_000

/** Measures the start of `pawl serve` with the embedded database, and its resources when idle. */
export async function measureStart(bench: Bench): Promise<Figure[]> {
  const { options, resources, tell } = bench
  tell('starting servers')
  const times: Record<'first' | 'later' | 'afterKill', number[]> = { first: [], later: [], afterKill: [] }
  const memory: Record<'server' | 'postgres', number[]> = { server: [], postgres: [] }
  for (let round = 0; round < options.rounds; round++) {
    const dataDir = join(await makeFolder(resources), 'data')
    const start = () => startServer(bench, { dataDir })
    const first = await start()
    times.first.push(first.startedIn)
    await first.stop()
    const later = await start()
    times.later.push(later.startedIn)
    await later.kill()
    const adopting = await start()
    times.afterKill.push(adopting.startedIn)
    await delay(IDLE_MS, undefined, { signal: resources.signal })
    await noteMemory(adopting, dataDir, memory)
    await adopting.stop()
  }
  return [
    figure('first start, database created', 'ms', times.first),
    figure('later start', 'ms', times.later),
    figure('start after kill -9, database adopted', 'ms', times.afterKill),
    ...(memory.server.length > 0 ? [figure('memory of an idle server', 'MiB', memory.server)] : []),
    ...(memory.postgres.length > 0 ? [figure('memory of its idle PostgreSQL', 'MiB', memory.postgres)] : []),
  ]
}

async function noteMemory(
  { pid }: BenchServer,
  dataDir: string,
  memory: Record<'server' | 'postgres', number[]>,
): Promise<void> {
  const server = readUsage([pid])
  const postgres = readUsage(
    await listPostgresProcesses(await realpath(join(dataDir, 'database', 'cluster'))),
  )
  if (server) memory.server.push(server.memory)
  if (postgres) memory.postgres.push(postgres.memory)
}

function figure(what: string, unit: Figure['unit'], values: readonly number[]): Figure {
  return { kind: 'figure', what, unit, value: spread(values) }
}

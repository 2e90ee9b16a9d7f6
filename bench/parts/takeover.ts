import type { Bench } from '../bench.ts'
import type { Figure } from '../results.ts'
import { startServer } from '../startServer.ts'
import { timePhases } from '../worker/timePhases.ts'
import { timeTakeovers } from '../worker/timeTakeovers.ts'

/** Measures how soon another worker takes over from a killed one, and the worker's overhead per phase. */
export async function measureTakeover(bench: Bench): Promise<Figure[]> {
  const database = await bench.cluster.createDatabase('bench_takeover')
  const server = await startServer(bench, { databaseUrl: database.url })
  const figures = [...(await timeTakeovers(bench, server, database)), ...(await timePhases(bench, server))]
  await server.stop()
  return figures
}

import type { Bench } from '../bench.ts'
import { compare } from '../compare.ts'
import { driveLifecycles, driveMutations } from '../loads/driverLoad.ts'
import { askLifecycles, askMutations, HttpClients } from '../loads/httpLoad.ts'
import type { Result } from '../results.ts'
import { startServer } from '../startServer.ts'

/** Compares mutations and whole runs over HTTP with the same statements sent by the driver only. */
export async function measureThroughput(bench: Bench): Promise<Result[]> {
  const database = await bench.cluster.createDatabase('bench_throughput')
  const server = await startServer(bench, { databaseUrl: database.url })
  const clients = new HttpClients(server, bench.resources)
  const loads = [
    { what: 'one guarded mutation', http: askMutations(clients), driver: driveMutations(database) },
    { what: 'one whole run (6 mutations)', http: askLifecycles(clients), driver: driveLifecycles(database) },
  ]
  const results: Result[] = []
  for (const { what, http, driver } of loads) {
    for (const count of bench.options.clients) {
      const subject = { name: 'HTTP', load: http, server: server.pid }
      const baseline = { name: 'driver', load: driver, server: null }
      results.push(await compare(bench, { what, clients: count }, subject, baseline))
    }
  }
  await server.stop()
  return results
}

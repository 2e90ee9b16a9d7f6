import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Bench } from '../bench.ts'
import { askLifecycles, askMutations, HttpClients } from '../loads/httpLoad.ts'
import type { Load } from '../loads/load.ts'
import { readMainThread, readUsage } from '../machine.ts'
import { measure } from '../measure.ts'
import { readProfile, type Share } from '../readProfile.ts'
import { makeFolder } from '../resources.ts'
import { startServer } from '../startServer.ts'

const CLIENTS = 8
const WARM_UP_EACH = 100
const MAX_PLACES = 18
const MAX_FUNCTIONS = 25
const root = fileURLToPath(new URL('..', new URL('..', import.meta.url)))

/** Profiles the server during mutations and whole runs. */
export async function profileServer(bench: Bench): Promise<[]> {
  await profileLoad(bench, 'mutations', askMutations)
  await profileLoad(bench, 'runs', askLifecycles)
  return []
}

async function profileLoad(bench: Bench, name: string, open: (clients: HttpClients) => Load): Promise<void> {
  const { resources, options } = bench
  bench.tell(`profiling ${name}`)
  const database = await bench.cluster.createDatabase(`bench_profile_${name}`)
  const folder = await makeFolder(resources)
  const server = await startServer(bench, {
    databaseUrl: database.url,
    nodeArguments: ['--cpu-prof', `--cpu-prof-dir=${folder}`],
  })
  const load = open(new HttpClients(server, resources))
  const { signal } = resources
  await load.prepare({ clients: CLIENTS, each: WARM_UP_EACH })
  const { perSecond } = await measure({ clients: CLIENTS, each: WARM_UP_EACH, signal }, load.act)
  const turns = Math.ceil((perSecond * options.seconds * options.rounds) / CLIENTS)
  const since = Number(process.hrtime.bigint() / 1000n)
  const before = readTimes(server.pid)
  const { operations } = await measure({ clients: CLIENTS, each: turns, signal }, load.act)
  const after = readTimes(server.pid)
  await server.stop()
  const [file] = await readdir(folder)
  if (!file) throw new Error('the server left no profile')
  const { busyMilliseconds, idleMilliseconds, places, functions } = readProfile(
    join(folder, file),
    root,
    since,
  )
  const each = (milliseconds: number) => `${(milliseconds / operations).toFixed(2)} ms`
  const idle = Math.round((100 * idleMilliseconds) / (busyMilliseconds + idleMilliseconds))
  console.log(
    `\n${name}: ${operations} operations by ${CLIENTS} clients. Of the server each took ${each(after.all - before.all)} of ` +
      `processor time, ${each(after.main - before.main)} of it on the main thread, which was at it for ` +
      `${each(busyMilliseconds)}, waits for a core included, and idle for ${idle} % of the time`,
  )
  printShares('by folder and package', places.slice(0, MAX_PLACES), busyMilliseconds)
  printShares('by function', functions.slice(0, MAX_FUNCTIONS), busyMilliseconds)
}

/** Processor time so far, of all threads and of the main thread, in milliseconds. */
function readTimes(pid: number): { readonly all: number; readonly main: number } {
  const all = readUsage([pid])?.processorSeconds ?? Number.NaN
  return { all: all * 1000, main: (readMainThread(pid) ?? Number.NaN) * 1000 }
}

function printShares(title: string, shares: readonly Share[], whole: number): void {
  console.log(`\n  ${title}`)
  for (const { where, milliseconds } of shares) {
    console.log(`  ${((100 * milliseconds) / whole).toFixed(1).padStart(5)} %  ${where}`)
  }
}

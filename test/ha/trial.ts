import { mkdtemp, chmod, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Client, Pool } from 'pg'
import { percentile } from '../../bench/statistics.ts'
import { buildServer } from '../../scripts/buildServer.ts'
import { chooseRunUser } from '../../src/database/embedded/runUser.ts'
import type { Choice } from './choose.ts'
import { Cluster } from './cluster.ts'
import type { Fault } from './faults.ts'
import { Load } from './load.ts'
import type { Gap } from './load.ts'
import { openNetwork } from './machine.ts'
import { readAddresses, samplePath } from './samples.ts'
import { PawlServer, Unit } from './unit.ts'

/** Mutations that are acknowledged between two faults. */
const BETWEEN = 50

/** Holds the chosen rounds, and returns what was not as promised. */
export async function holdTrial(choice: Choice, bin: string, signal: AbortSignal): Promise<string[]> {
  const user = await chooseRunUser([])
  if (!user) throw new Error('PostgreSQL needs a user of its own')
  const folder = await mkdtemp(join(tmpdir(), 'pawl-ha-'))
  await chmod(folder, 0o755)
  try {
    const begun = performance.now()
    const since = () => `${((performance.now() - begun) / 1000).toFixed(0).padStart(4)} s`
    await openNetwork()
    const [built, cluster] = await Promise.all([buildServer(), Cluster.open(folder, bin, user, signal)])
    try {
      await cluster.untilWhole()
      console.log(`${since()}  three machines follow one primary`)
      await createDatabase(cluster)
      const proxy = new Unit(['haproxy', '-db', '-f', samplePath('haproxy.cfg')], join(folder, 'haproxy.log'))
      await proxy.start()
      await untilProxied(signal)
      const servers = await startServers(built.program, folder, signal)
      const token = await servers[0]?.token()
      const load = await Load.start(
        servers.map(({ url }) => url),
        token ?? '',
      )
      const gaps = new Map<Fault, Gap[]>()
      for (const fault of choice.rounds) {
        await cluster.untilWhole()
        await load.untilMore(BETWEEN)
        const before = (await cluster.primary()).name
        const gap = await fault.happen({ cluster, load, proxies: [proxy] })
        gaps.set(fault, [...(gaps.get(fault) ?? []), gap])
        const after = (await cluster.primary()).name
        console.log(
          `${since()}  ${fault.name.padEnd(10)} ${before} → ${after}  ${inSeconds(gap.first)} (every server ${inSeconds(gap.all)})`,
        )
      }
      await cluster.untilWhole()
      await load.untilMore(BETWEEN)
      console.log(`${since()}  ${load.describe()}`)
      const problems = await judge(cluster, load)
      printGaps(gaps)
      for (const server of servers) await server.end('SIGTERM')
      await proxy.end('SIGTERM')
      return problems
    } finally {
      await built.remove()
      for (const machine of cluster.machines) await machine.signal('SIGKILL')
    }
  } catch (error) {
    if (!signal.aborted) await printLogs(folder)
    throw error
  } finally {
    if (choice.keeps) console.log(`logs and data are in ${folder}`)
    else await rm(folder, { recursive: true, force: true })
  }
}

/** As an administrator does after the first start. */
async function createDatabase(cluster: Cluster): Promise<void> {
  const { username, password } = await readAddress()
  await cluster.asSuperuser(async (client) => {
    await client.query(`CREATE ROLE ${username} LOGIN PASSWORD '${password}'`)
    await client.query(`CREATE DATABASE ${username} OWNER ${username}`)
  })
}

/** Connections in a row that must lead to the primary: twice as many as there are machines, among which the proxy takes turns. */
const PROVEN = 6

/** Resolves when the proxy has found out who is the primary: it takes every machine for one until it has asked each three times. */
async function untilProxied(signal: AbortSignal): Promise<void> {
  const { href: connectionString } = await readAddress()
  for (let proven = 0; proven < PROVEN;) {
    const client = new Client({ connectionString })
    client.on('error', () => undefined)
    const isPrimary = await client
      .connect()
      .then(() => client.query<{ recovers: boolean }>('SELECT pg_is_in_recovery() AS recovers'))
      .then(({ rows }) => rows[0]?.recovers === false)
      .catch(() => false)
    await client.end().catch(() => undefined)
    proven = isPrimary ? proven + 1 : 0
    await delay(100, undefined, { signal })
  }
}

async function readAddress(): Promise<URL> {
  const [address = ''] = await readAddresses()
  return new URL(address)
}

/** One server on each address of the sample. */
async function startServers(program: string, folder: string, signal: AbortSignal): Promise<PawlServer[]> {
  const addresses = await readAddresses()
  const servers = addresses.map((address, index) => new PawlServer(program, folder, 4401 + index, address))
  for (const server of servers) {
    await server.start()
    await server.untilReady(signal)
  }
  return servers
}

async function judge(cluster: Cluster, load: Load): Promise<string[]> {
  const { pathname, username, password } = await readAddress()
  const { address: host } = await cluster.primary()
  const pool = new Pool({ host, database: pathname.slice(1), user: username, password })
  try {
    await load.stop()
    return await load.judge(pool)
  } finally {
    await pool.end()
  }
}

function printGaps(gaps: ReadonlyMap<Fault, readonly Gap[]>): void {
  const columns = [...gaps].map(([{ name }, of]) => {
    const sorted = (pick: (gap: Gap) => number) => of.map(pick).toSorted((a, b) => a - b)
    const [first, all] = [sorted((gap) => gap.first), sorted((gap) => gap.all)]
    const words = [first, all].map(
      (each) => `${inSeconds(percentile(each, 0.5))} / ${inSeconds(percentile(each, 0.99))}`,
    )
    return `  ${name.padEnd(12)}${String(of.length).padStart(3)} times  ${words.join('   every server ')}`
  })
  console.log(['time to the next accepted mutation, p50 / p99:', ...columns].join('\n'))
}

const inSeconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(2)} s`

/** The last lines of every log. */
export async function printLogs(folder: string): Promise<void> {
  for (const name of await readdir(folder, { recursive: true })) {
    if (!name.endsWith('.log')) continue
    const lines = (await readFile(join(folder, name), 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => line.slice(0, 200))
    console.error(`${name}:\n  ${lines.slice(-12).join('\n  ')}`)
  }
}

import { createServer } from 'node:net'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Bench } from '../bench.ts'
import { type BenchCluster, startBenchCluster } from '../benchCluster.ts'
import { readUsage } from '../machine.ts'
import type { Sample } from '../measure.ts'
import { installPeers } from '../peers/installPeers.ts'
import { type Peer, startPeer } from '../peers/startPeer.ts'
import { makeFolder } from '../resources.ts'
import type { Comparison, Figure, Result, Side } from '../results.ts'
import { startServer } from '../startServer.ts'
import { spread } from '../statistics.ts'

/** The engines, by program, with what each does not do that Pawl does. */
const PEERS = [
  { program: 'restate', name: 'Restate', without: 'a log of its own, not in PostgreSQL' },
  { program: 'dbos', name: 'DBOS', without: 'a library in the client: no server, no fence' },
  {
    program: 'openworkflow',
    name: 'openworkflow',
    without: 'a library in the client; workers and results are polled',
  },
  { program: 'graphileWorker', name: 'graphile-worker', without: 'a queue: no log, no fence' },
  { program: 'pgBoss', name: 'pg-boss', without: 'a queue: no log, no fence' },
] as const

/** Numbers of concurrent clients. */
const CLIENTS = [1, 8, 50]
/** What every engine executes before anything of it is measured: its code is compiled then, its connections are open. */
const WARM_UP = { clients: 50, each: 20 }
/** Lifecycles of each client to find out how many take a round. */
const TRIAL_EACH = 10

/**
 * Compares lifecycles of two steps with those of other engines, each as its documentation says: on one PostgreSQL, with every sync to disk,
 * on the same Node.js. Each engine is measured alternately with Pawl, while no other one runs.
 */
export async function measurePeers(bench: Bench): Promise<Result[]> {
  const { resources } = bench
  const peers = choosePeers(bench.options.peers)
  const installed = await installPeers(bench)
  const port = await findPort()
  const cluster = await startBenchCluster(resources, { port })
  const { poolConfig } = await cluster.createDatabase('bench_peers')
  const { user, password } = poolConfig
  const toUrl = (name: string) => `postgresql://${user}:${String(password)}@127.0.0.1:${port}/${name}`
  const server = await startServer(bench, { databaseUrl: toUrl('bench_peers'), node: installed.node })
  const startPawl = (together: 'yes' | 'no') =>
    startPeer(resources, installed, 'pawl', {
      PAWL_URL: server.url,
      PAWL_TOKEN: server.token,
      PAWL_SDK: fileURLToPath(new URL('../../sdk/dist/index.mjs', import.meta.url)),
      PAWL_TOGETHER: together,
    })
  const ours = [
    { how: 'Pawl, 4 requests', pawl: await startPawl('no') },
    { how: 'Pawl, 3 requests', pawl: await startPawl('yes') },
  ]
  for (const { pawl } of ours) await pawl.measure(WARM_UP)
  const results: Result[] = []
  for (const { program: name, name: title, without } of peers) {
    const peer = await startPeer(resources, installed, name, {
      PEER_DATABASE: await createEmpty(cluster, name, toUrl),
      PEER_PORT: String(await findPort()),
      PEER_FOLDER: await makeFolder(resources),
    })
    await peer.measure(WARM_UP)
    for (const clients of CLIENTS)
      for (const { how, pawl } of ours)
        results.push(await comparePeer(bench, pawl, peer, { clients, how, title, without }))
    results.push(toMemory(title, peer.listProcesses()))
    await peer.stop()
  }
  const clients = ours.map(({ pawl }) => pawl)
  const [first] = clients
  results.push(toMemory('Pawl, server and client', [server.pid, ...(first?.listProcesses() ?? [])]))
  for (const each of clients) await each.stop()
  await server.stop()
  return results
}

function choosePeers(names: readonly string[]): readonly (typeof PEERS)[number][] {
  const unknown = names.find((name) => !PEERS.some(({ program }) => program === name))
  if (unknown !== undefined) {
    const known = PEERS.map(({ program }) => program).join(', ')
    throw new Error(`--peers: there is no ${unknown}; there are ${known}`)
  }
  return names.length === 0 ? PEERS : PEERS.filter(({ program }) => names.includes(program))
}

async function createEmpty(
  cluster: BenchCluster,
  name: string,
  toUrl: (name: string) => string,
): Promise<string> {
  await cluster.admin.query(`CREATE DATABASE "${name}"`)
  return toUrl(name)
}

interface Pairing {
  readonly clients: number
  /** How the lifecycle is sent to Pawl. */
  readonly how: string
  readonly title: string
  readonly without: string
}

/** Measures alternately, as `compare` does; the operations are executed by the programs. */
async function comparePeer(
  { options: { rounds, seconds }, tell }: Bench,
  pawl: Peer,
  peer: Peer,
  { clients, how, title, without }: Pairing,
): Promise<Comparison> {
  tell(`two steps on ${how}, and on ${title}, ${clients} ${clients === 1 ? 'client' : 'clients'}`)
  const each = async (contender: Peer): Promise<number> => {
    const { perSecond } = await contender.measure({ clients, each: TRIAL_EACH })
    return Math.max(3, Math.ceil((perSecond * seconds) / clients))
  }
  const [ours, theirs] = [
    { contender: pawl, each: await each(pawl), samples: [] as Sample[] },
    { contender: peer, each: await each(peer), samples: [] as Sample[] },
  ]
  for (let round = 0; round < rounds; round++)
    for (const side of round % 2 === 0 ? [ours, theirs] : [theirs, ours])
      side.samples.push(await side.contender.measure({ clients, each: side.each }))
  return {
    kind: 'comparison',
    what: `two steps (${title}: ${without})`,
    clients,
    rounds,
    subject: summarise(how, ours.samples),
    baseline: summarise(title, theirs.samples),
    of: 'perSecond',
    ratio: spread(
      ours.samples.map(
        ({ perSecond }, round) => perSecond / (theirs.samples[round]?.perSecond ?? Number.NaN),
      ),
    ),
  }
}

function summarise(name: string, samples: readonly Sample[]): Side {
  return {
    name,
    perSecond: spread(samples.map(({ perSecond }) => perSecond)),
    p50: spread(samples.map(({ p50 }) => p50)),
    p99: spread(samples.map(({ p99 }) => p99)),
    processor: null,
    walKibibytes: null,
  }
}

function toMemory(of: string, processes: readonly number[]): Figure {
  return {
    kind: 'figure',
    what: `memory without PostgreSQL: ${of}`,
    unit: 'MiB',
    value: spread([readUsage(processes)?.memory ?? Number.NaN]),
  }
}

/** A port of the loopback interface that is free, as are probably the next ones. */
async function findPort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port is free')
  return address.port
}

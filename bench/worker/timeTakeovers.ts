import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createPawl, unwrap, type Pawl, type WorkflowDefinition } from '@pawl/sdk'
import type { Bench } from '../bench.ts'
import type { BenchDatabase } from '../benchCluster.ts'
import { makeFolder } from '../resources.ts'
import type { Figure } from '../results.ts'
import type { BenchServer } from '../startServer.ts'
import { spread } from '../statistics.ts'
import { startWorker } from './startWorker.ts'

const LEASE_SECONDS = 5
/** A lease is renewed after a third of it; the kills are spread over that time. */
const RENEWAL_MS = (LEASE_SECONDS * 1_000) / 3
/** After this no request of a killed worker is in flight any more, while its lease is far from expiring. */
const SETTLE_MS = 500

const WORKFLOW = {
  name: 'takeover',
  version: 1,
  initialPhase: 'work',
  onOwnerLost: 'REQUEUE',
  phases: [
    { key: 'work', next: ['done'], role: 'agent', artifact: { path: 'out.txt', mediaType: 'text/plain' } },
    { key: 'done', final: true },
  ],
} as const satisfies WorkflowDefinition

/** An agent that works until it may finish, or until its folder is removed. */
const AGENT = 'while [ -d "$0" ] && [ ! -f "$0/go" ]; do sleep 0.1; done; echo done > out.txt'

/** Milliseconds, by the clock of the database. */
interface Takeover {
  /** From the kill to the claim of the other worker. */
  readonly gap: number
  /** Remaining lease at the kill. */
  readonly rest: number
}

/**
 * Measures the time from kill -9 of a worker in the middle of a phase to the claim of a waiting one, and how much it exceeds the remaining
 * lease. The run is not read meanwhile, because a read would handle the expired lease.
 */
export async function timeTakeovers(
  bench: Bench,
  server: BenchServer,
  database: BenchDatabase,
): Promise<Figure[]> {
  const pawl = createPawl({ url: server.url, token: server.token })
  unwrap(await pawl.workflows.register(WORKFLOW))
  const takeovers: Takeover[] = []
  const { rounds } = bench.options
  for (let round = 0; round < rounds; round++) {
    bench.tell(`kill -9 of a worker, ${round + 1} of ${rounds}`)
    takeovers.push(await takeOver(bench, server, database, pawl, ((round + 0.5) / rounds) * RENEWAL_MS))
  }
  const figure = (what: string, values: readonly number[]): Figure => ({
    kind: 'figure',
    what,
    unit: 'ms',
    value: spread(values),
  })
  return [
    figure(
      `kill -9 of a worker to the claim of the next, lease of ${LEASE_SECONDS} s`,
      takeovers.map(({ gap }) => gap),
    ),
    figure(
      'rest of its lease at the kill',
      takeovers.map(({ rest }) => rest),
    ),
    figure(
      'takeover beyond the rest of the lease',
      takeovers.map(({ gap, rest }) => gap - rest),
    ),
  ]
}

async function takeOver(
  bench: Bench,
  server: BenchServer,
  { store }: BenchDatabase,
  pawl: Pawl,
  killAfterMs: number,
): Promise<Takeover> {
  const { signal } = bench.resources
  const folder = await makeFolder(bench.resources)
  const command = ['/bin/sh', '-c', AGENT, folder]
  const start = (owner: string) =>
    startWorker(bench, {
      server,
      owner,
      workflow: WORKFLOW.name,
      folder,
      command,
      leaseSeconds: LEASE_SECONDS,
    })
  const { run } = unwrap(await pawl.runs.start({ workflow: WORKFLOW.name }))
  const first = await start('first')
  await first.until('prompt-sent')
  const second = await start('second')
  await second.until('started')
  await delay(killAfterMs, undefined, { signal })

  const clock = await store.pool.query<{ now: Date }>('SELECT clock_timestamp() AS now')
  await first.kill()
  await delay(SETTLE_MS, undefined, { signal })
  const lease = await store.pool.query<{ end: Date }>(
    'SELECT lease_expires_at AS end FROM run WHERE id = $1',
    [run.id],
  )
  await second.until('run-taken')
  await writeFile(join(folder, 'go'), '')
  await second.until('run-left')
  await second.stop()

  const claims: { owner: string; at: number }[] = []
  let hasCompleted = false
  for await (const event of pawl.runs.events(run.id, { signal, untilSettled: true })) {
    if (event.type === 'RUN_CLAIMED') claims.push({ owner: event.payload.owner, at: Date.parse(event.at) })
    if (event.type === 'RUN_COMPLETED') hasCompleted = true
  }
  const owners = claims.map(({ owner }) => owner).join(', ')
  const [killed, expires] = [clock.rows[0]?.now.getTime(), lease.rows[0]?.end.getTime()]
  const claimed = claims[1]?.at
  if (owners !== 'first, second' || !hasCompleted || !killed || !expires || !claimed)
    throw new Error(`the run was not taken over and completed: it was claimed by ${owners}`)
  return { gap: claimed - killed, rest: expires - killed }
}

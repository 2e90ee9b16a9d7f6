import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type ScratchPostgres, startScratch } from '../../../src/database/embedded/startScratch.ts'
import { migrate } from '../../../src/database/migrate/migrate.ts'
import { openSignals, type Signals } from '../../../src/events/signals.ts'
import { openStreams } from '../../../src/events/streams.ts'
import { tailRuns } from '../../../src/events/tailRuns.ts'
import { encodeFeedCursor, readFeedCursor } from '../../../src/store/feed/feedCursor.ts'
import { openStore, type Store } from '../../../src/store/sql/openStore.ts'
import { putWorkflow } from '../../support/commands.ts'
import { toCommands } from '../../support/callers.ts'
import { ROUNDS } from '../../support/workflows.ts'
import { pull, start } from './support.ts'

const migrationsDir = fileURLToPath(new URL('../../../prisma/migrations', import.meta.url))

let postgres: ScratchPostgres
let store: Store
let signals: Signals
beforeAll(async () => {
  postgres = await startScratch({ durable: true })
  await migrate(postgres.poolConfig, migrationsDir)
  store = openStore(postgres.poolConfig)
  signals = await openSignals({ poolConfig: postgres.poolConfig })
  await putWorkflow(store, ROUNDS)
})
afterAll(async () => {
  await signals.close()
  await store.close()
  await postgres.close()
})

test('a cursor is refused after a recovery, which may use transaction ids again, though the server never ended', async () => {
  const streams = openStreams({ store, signals })
  const commands = { ...toCommands(store), announce: (runId: string) => signals.announce(runId) }
  const before = await readFeedCursor(store.pool)
  const [live, other] = await Promise.all([1, 2].map(() => tailRuns(streams, { projects: null })))
  const run = await start(commands)
  for (const tail of [live!, other!]) expect(await pull(tail)).toMatchObject({ runId: run.id })

  await crashBackend(postgres.poolConfig)
  const after = await vi.waitFor(
    async () => {
      const cursor = await readFeedCursor(store.pool)
      expect(cursor.started).not.toBe(before.started)
      return cursor
    },
    { timeout: 20_000 },
  )
  const [startBefore, startAfter] = [before, after].map(({ started }) => started.split('/')[0])
  expect(startAfter).toBe(startBefore)

  const expired = { code: 'CURSOR_EXPIRED' }
  // streams that were open all the time must not go on: neither the one that finds it out, nor those after it
  signals.announce(run.id)
  await expect(pull(live!)).rejects.toMatchObject(expired)
  await expect(pull(other!)).rejects.toMatchObject(expired)
  // nor one that comes back with its cursor
  const cursor = await encodeFeedCursor(store, before)
  await expect(tailRuns(streams, { projects: null, after: cursor })).rejects.toMatchObject(expired)
  // and one that begins now goes on
  const fresh = await tailRuns(streams, { projects: null })
  const next = await start(commands)
  expect(await pull(fresh)).toMatchObject({ runId: next.id })
  await fresh.return()
  expect(signals.subscribers).toBe(0)
})

/** Kills a backend as the kernel does when memory runs out: the server throws all others out and recovers. */
async function crashBackend(poolConfig: pg.PoolConfig): Promise<void> {
  const victim = new pg.Client(poolConfig)
  victim.on('error', () => undefined)
  const ended = new Promise<void>((resolve) => victim.once('end', resolve))
  await victim.connect()
  const { rows } = await victim.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
  process.kill(rows[0]!.pid, 'SIGKILL')
  await ended
}

import { chmod, mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { type BuiltServer, buildServer } from '../../scripts/buildServer.ts'
import { createPawl, unwrap } from '../../sdk/index.ts'
import type { Pawl } from '../../sdk/index.ts'
import { openDatabase } from '../../src/database/openDatabase.ts'
import { isThorough } from '../support/thorough.ts'
import { Client, WORKFLOW } from './client.ts'
import { EventFollower } from './eventFollower.ts'
import { askDoctor, findUntrue, listHeld, listKept, readStored, type Stored } from './judge.ts'
import { Ledger } from './ledger.ts'
import { ServerProcess } from './serverProcess.ts'

const CLIENTS = 6
const ACKNOWLEDGED_BETWEEN_CRASHES = 50

/** A start takes a second; on a machine that is busy with other tests, ten. */
const PATIENCE = { timeout: 180_000 }

/** How a round ends: what is killed, and whether the same PostgreSQL continues in the next round. */
interface Crash {
  readonly what: string
  readonly times: number
  readonly keepsPostgres: boolean
  /** Kills, and restarts what does not recover by itself. */
  happen(server: ServerProcess): Promise<unknown>
}

/** A crash happens at the moment of an answer, while the other clients wait for theirs. */
const CRASHES: readonly Crash[] = [
  {
    what: 'the server',
    times: isThorough ? 2 : 0,
    keepsPostgres: true,
    happen: async (server) => {
      await server.killServer()
      await server.start()
    },
  },
  {
    what: 'its PostgreSQL',
    times: isThorough ? 2 : 0,
    keepsPostgres: false,
    happen: async (server) => {
      const killed = await server.findPostmaster()
      await server.killPostgres()
      await server.untilPostgresIsNot(killed)
      await server.untilReady()
    },
  },
  {
    what: 'a session of its PostgreSQL',
    times: 1,
    keepsPostgres: true,
    happen: (server) => server.killSession(),
  },
  {
    what: 'both',
    times: isThorough ? 2 : 1,
    keepsPostgres: false,
    happen: async (server) => {
      await Promise.all([server.killPostgres(), server.killServer()])
      await server.start()
    },
  },
  {
    what: 'both, and the server once more while it recovers',
    times: isThorough ? 1 : 0,
    keepsPostgres: false,
    happen: async (server) => {
      const killed = await server.findPostmaster()
      await Promise.all([server.killPostgres(), server.killServer()])
      await server.launch()
      await server.untilPostgresIsNot(killed)
      await server.killServer()
      await server.start()
    },
  },
]

describe('after kill -9 under load', () => {
  const ledger = new Ledger()
  let built: BuiltServer
  let folder: string
  let server: ServerProcess
  let pawl: Pawl
  let follower: EventFollower
  const clients: Client[] = []
  let work: Promise<unknown>

  beforeAll(async () => {
    built = await buildServer()
    folder = await realpath(await mkdtemp(join(tmpdir(), 'pawl-chaos-')))
    await chmod(folder, 0o755)
    server = new ServerProcess(built.program, folder)
    await server.start()
    const token = await server.readToken()
    // Clients retry until answered, through every crash.
    const retry = { attempts: 10_000, minDelayMs: 10, maxDelayMs: 100, timeoutMs: 10_000 }
    const connect = (transport: { WebSocket: typeof WebSocket | false }) =>
      createPawl({ url: server.url, token, retry, ...transport })
    pawl = connect({ WebSocket: false })
    unwrap(await pawl.workflows.register(WORKFLOW))
    follower = new EventFollower([connect({ WebSocket }), pawl])
    for (let number = 1; number <= CLIENTS; number++)
      clients.push(new Client(pawl, `client ${number}`, ledger, follower))
    work = Promise.all(clients.map((client) => client.work()))
    work.catch(() => undefined)
  })

  afterAll(async () => {
    for (const client of clients) client.stop()
    await server.clear()
    await rm(folder, { recursive: true, force: true })
    await built.remove()
  })

  test.each(CRASHES.filter(({ times }) => times > 0))(
    'continues without help: $what',
    PATIENCE,
    async ({ times, happen, keepsPostgres }) => {
      for (let time = 1; time <= times; time++) {
        await Promise.race([ledger.untilMore(ACKNOWLEDGED_BETWEEN_CRASHES), work])
        const before = await server.findPostmaster()
        await happen(server)
        expect((await server.findPostmaster()) === before).toBe(keepsPostgres)
      }
    },
  )

  test('clients were refused nothing, and told of what they had asked twice', async () => {
    await Promise.race([ledger.untilMore(ACKNOWLEDGED_BETWEEN_CRASHES), work])
    for (const client of clients) client.stop()
    await work
    expect(clients.flatMap(({ surprises }) => surprises)).toEqual([])
  })

  test('streams brought every event once and in order, and ended with their runs (G8)', async () => {
    await follower.finish((runId) => pawl.runs.get(runId))
    expect([...follower.broken]).toEqual([])
    expect(follower.seen.size).toBeGreaterThan(0)
    for (const seqs of follower.seen.values()) expect(seqs).toEqual(seqs.map((_, index) => index + 1))
  })

  test('the doctor finds nothing', async () => {
    const { violations, checked } = await askDoctor(pawl)
    expect(violations).toEqual([])
    expect(checked).toBe(new Set(listKept(ledger).map(({ runId }) => runId)).size)
  })

  test('the last stop leaves no process behind', async () => {
    expect(await server.stop()).toBe('exit code 0')
    expect(await server.listPostgres()).toEqual([])
  })

  test('every acknowledged mutation is there, once, and nothing that was refused (G1, G7, G10)', async () => {
    const crashes = CRASHES.reduce((sum, { times }) => sum + times, 0)
    expect(listKept(ledger).length).toBeGreaterThan(ACKNOWLEDGED_BETWEEN_CRASHES * crashes)
    expect(findUntrue(ledger, await readDatabase(server.dataDir))).toEqual([])
  })

  test('every promised lease is held as long as it was promised (G4, G10)', async () => {
    const held = listHeld(ledger, await readDatabase(server.dataDir))
    expect(held.length).toBeGreaterThan(0)
    expect(held.filter(({ isShorter }) => isShorter)).toEqual([])
  })
})

/** Reads the database directly; its PostgreSQL must be configured for durable commits. */
async function readDatabase(dataDir: string): Promise<Stored> {
  const database = await openDatabase({ dataDir })
  const pool = new Pool(database.poolConfig)
  try {
    for (const setting of ['fsync', 'synchronous_commit', 'full_page_writes'])
      expect((await pool.query(`SHOW ${setting}`)).rows).toEqual([{ [setting]: 'on' }])
    return await readStored(pool)
  } finally {
    await pool.end()
    await database.close()
  }
}

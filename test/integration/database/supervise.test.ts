import { appendFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Pool } from 'pg'
import { describe, expect, onTestFinished, test } from 'vitest'
import { listPostgresProcesses } from '../../../src/database/embedded/inspectProcess.ts'
import { initCluster } from '../../../src/database/embedded/initCluster.ts'
import { choosePlace } from '../../../src/database/embedded/place.ts'
import { startPatiently } from '../../../src/database/embedded/startPatiently.ts'
import { supervisePostgres } from '../../../src/database/embedded/supervisePostgres.ts'
import type { SupervisionSettings } from '../../../src/database/embedded/supervisePostgres.ts'
import type { Database } from '../../../src/database/openDatabase.ts'
import { spawnServer } from '../../support/spawnServer.ts'
import {
  closeAfterwards,
  clusterOf,
  expectNothingRuns,
  makeDataDir,
  makeFolder,
  open,
  postmasterOf,
  query,
  RecordedLog,
  startHolder,
} from './databaseHarness.ts'
import { fillDataDir } from '../../support/dataDir.ts'

const noPostmaster = -1

describe('a PostgreSQL that ends under a running server', () => {
  test('is started again, and a pool under load continues with everything that was acknowledged', async () => {
    const dataDir = await makeDataDir()
    const database = await open(dataDir)
    const pool = openPool(database)
    await pool.query('CREATE TABLE kept (n int PRIMARY KEY)')
    const load = startLoad(pool)
    for (let time = 1; time <= 3; time++) {
      await load.untilMore(20)
      const before = await killPostmaster(dataDir)
      await load.untilFailure()
      await load.untilMore(20)
      expect(await postmasterOf(dataDir)).not.toBe(before)
    }
    await load.stop()
    const { rows } = await pool.query<{ n: number }>('SELECT n FROM kept')
    const kept = new Set(rows.map(({ n }) => n))
    expect(load.acknowledged.filter((n) => !kept.has(n))).toEqual([])
    await pool.end()
    await database.close()
    await expectNothingRuns(dataDir)
  })

  test('is started again where it was adopted', { tags: 'thorough' }, async () => {
    const dataDir = await makeDataDir()
    await (await startHolder(dataDir)).kill()
    const database = await open(dataDir)
    expect(database.adopted).toBe(true)
    const before = await killPostmaster(dataDir)
    await untilReached(openPool(database))
    expect(await postmasterOf(dataDir)).not.toBe(before)
  })

  test('is started again at its port, whose password nobody else is told', { tags: 'thorough' }, async () => {
    const dataDir = await fillDataDir(join(await makeFolder(), 'long'.repeat(30)))
    const database = await open(dataDir)
    const { password, port } = database.poolConfig
    if (typeof password !== 'function') throw new Error('the password is told to whoever asks')
    const before = await killPostmaster(dataDir)
    while (await isThere(before)) await delay(1)
    expect(password).toThrow('not there')
    await untilReached(openPool(database))
    expect(await query(database.poolConfig, 'SHOW port')).toEqual([{ port: String(port) }])
  })

  test('is started again where somebody stopped it in good order', async () => {
    const dataDir = await makeDataDir()
    const database = await open(dataDir)
    const before = await postmasterOf(dataDir)
    process.kill(before, 'SIGINT')
    while (await isThere(before)) await delay(1)
    await untilReached(openPool(database))
    expect(await postmasterOf(dataDir)).not.toBe(before)
  })

  test('is started again however busy its sessions were', { tags: 'thorough' }, async () => {
    const dataDir = await makeDataDir()
    const database = await open(dataDir)
    const pool = openPool(database)
    const busy = pool.query('SELECT count(*) FROM generate_series(1, 100000000000)')
    const lost = expect(busy).rejects.toThrow()
    const isBusy = `SELECT 1 FROM pg_stat_activity WHERE query LIKE 'SELECT count%' AND wait_event IS NULL`
    while ((await query(database.poolConfig, isBusy)).length === 0) await delay(5)
    await killPostmaster(dataDir)
    await lost
    await untilReached(pool)
  })
})

describe('closing', () => {
  test.each(['at once', 'when it was noticed', 'when a new one is starting', 'when a new one has started'])(
    'leaves no process behind after PostgreSQL ended: %s',
    async (when) => {
      const dataDir = await makeDataDir()
      const log = new RecordedLog()
      const database = await open(dataDir, { log })
      const before = await killPostmaster(dataDir)
      const has = (name: string): boolean => log.events.some(({ event }) => event === name)
      while (when === 'when it was noticed' && !has('database.run_failed')) await delay(1)
      if (when === 'when a new one is starting') await untilAnother(dataDir, before)
      while (when === 'when a new one has started' && !has('database.restart_completed')) await delay(1)
      await database.close()
      await expectNothingRuns(dataDir)
      expect(has('database.supervise_failed')).toBe(false)
      // and it comes back as ever
      expect(await query((await open(dataDir)).poolConfig, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
    },
  )
})

describe('giving up', () => {
  test('comes after so many quick ends, with a word on what to do', async () => {
    const { dataDir, log, supervised } = await supervise({ quickEnds: 3, delayMilliseconds: 1 })
    for (let restarts = 0; restarts < 3; restarts++) {
      await untilRestarted(log, restarts)
      await killPostmaster(dataDir)
    }
    const error = await supervised.failed
    expect(error).toMatchObject({ code: 'EMBEDDED_FAILED' })
    expect(error.message).toMatch(/ended 3 times in a row.*SIGKILL.*postgres\.log.*start Pawl again/)
    expect(log.events.at(-1)).toEqual({ event: 'database.supervise_failed', fields: { err: error } })
    expect(supervised.isThere()).toBe(false)
    await supervised.close()
    await expectNothingRuns(dataDir)
  })

  test('never comes where each ran for long enough', async () => {
    const { dataDir, log, supervised } = await supervise({ quickEnds: 2, quickMilliseconds: 0 })
    for (let restarts = 0; restarts < 4; restarts++) {
      await untilRestarted(log, restarts)
      await killPostmaster(dataDir)
    }
    await untilRestarted(log, 4)
    expect(supervised.isThere()).toBe(true)
  })

  test('tells what keeps it from starting', async () => {
    const { dataDir, supervised } = await supervise({ quickEnds: 3, delayMilliseconds: 1 })
    await appendFile(join(await clusterOf(dataDir), 'postgresql.conf'), 'no_such_setting = on\n')
    await killPostmaster(dataDir)
    const error = await supervised.failed
    expect(error).toMatchObject({ code: 'EMBEDDED_FAILED' })
    expect(error.message).toContain('no_such_setting')
    await supervised.close()
    await expectNothingRuns(dataDir)
  })
})

test(
  'a server whose PostgreSQL does not come back ends, and says why',
  { tags: 'thorough', timeout: 120_000 },
  async () => {
    const dataDir = await makeDataDir()
    const server = await spawnServer(dataDir)
    onTestFinished(() => void server.child.kill('SIGKILL'))
    await appendFile(join(await clusterOf(dataDir), 'postgresql.conf'), 'no_such_setting = on\n')
    await killPostmaster(dataDir)
    expect(await server.ended).toEqual({ code: 1, signal: null })
    expect(server.log()).toMatch(/"no_such_setting.*"msg":"database\.supervise_failed"/)
    await expectNothingRuns(dataDir)
  },
)

/** Supervises a new PostgreSQL by other settings than a server does. */
async function supervise(settings: SupervisionSettings) {
  const dataDir = await makeDataDir()
  const place = await choosePlace(dataDir)
  await initCluster(place, false)
  const log = new RecordedLog()
  const supervised = supervisePostgres(place, await startPatiently(place, log), log, settings)
  closeAfterwards(supervised)
  return { dataDir, log, supervised }
}

function openPool({ poolConfig }: Database): Pool {
  const pool = new Pool(poolConfig)
  pool.on('error', () => undefined)
  onTestFinished(async () => void (pool.ended || (await pool.end())))
  return pool
}

/** Several clients that insert one number after the other, and go on where that fails. */
function startLoad(pool: Pool) {
  const acknowledged: number[] = []
  let failures = 0
  let next = 0
  let stopped = false
  const client = async (): Promise<void> => {
    while (!stopped) {
      const n = next++
      try {
        await pool.query('INSERT INTO kept VALUES ($1)', [n])
        acknowledged.push(n)
      } catch {
        failures += 1
        await delay(1)
      }
    }
  }
  const clients = Promise.all([1, 2, 3, 4].map(client))
  const until = async (isSo: () => boolean): Promise<void> => {
    while (!isSo()) await delay(1)
  }
  return {
    acknowledged,
    untilMore: (count: number) => {
      const goal = acknowledged.length + count
      return until(() => acknowledged.length >= goal)
    },
    untilFailure: () => {
      const before = failures
      return until(() => failures > before)
    },
    async stop() {
      stopped = true
      await clients
    },
  }
}

async function untilRestarted(log: RecordedLog, times: number): Promise<void> {
  const count = (): number => log.events.filter(({ event }) => event === 'database.restart_completed').length
  while (count() < times) await delay(1)
}

/** Kills the postmaster without a chance to clean up, and returns its pid. */
async function killPostmaster(dataDir: string): Promise<number> {
  const pid = await postmasterOf(dataDir)
  process.kill(pid, 'SIGKILL')
  return pid
}

/** The pid of the postmaster, whether or not it accepts connections yet. */
async function find(dataDir: string): Promise<number> {
  const cluster = await clusterOf(dataDir)
  const text = await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => '')
  const pid = Number(text.split('\n')[0])
  return (await listPostgresProcesses(cluster)).includes(pid) ? pid : noPostmaster
}

async function untilAnother(dataDir: string, before: number): Promise<void> {
  while ([before, noPostmaster].includes(await find(dataDir))) await delay(1)
}

async function isThere(pid: number): Promise<boolean> {
  const state = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return state !== '' && !/\) Z /.test(state)
}

async function untilReached(pool: Pool): Promise<void> {
  const isReached = (): Promise<boolean> =>
    pool.query('SELECT 1').then(
      () => true,
      () => false,
    )
  while (!(await isReached())) await delay(5)
}

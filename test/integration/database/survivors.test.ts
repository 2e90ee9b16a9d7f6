import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chown, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Client } from 'pg'
import { describe, expect, onTestFinished, test } from 'vitest'
import { listPostgresProcesses } from '../../../src/database/embedded/inspectProcess.ts'
import { choosePlace } from '../../../src/database/embedded/place.ts'
import { startPatiently } from '../../../src/database/embedded/startPatiently.ts'
import { stopPostgres } from '../../../src/database/embedded/stopPostgres.ts'
import {
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
import { startChild } from '../../support/startChild.ts'

describe('after a server was killed', () => {
  test('its PostgreSQL is adopted with its data, and stopped when the new server closes', async () => {
    const dataDir = await makeDataDir()
    const holder = await startHolder(dataDir)
    await query(holder.opened!.poolConfig, `CREATE TABLE kept AS SELECT 'here' AS what`)
    const postmaster = await postmasterOf(dataDir)
    await holder.kill()
    expect(await listPostgresProcesses(await clusterOf(dataDir))).toContain(postmaster)

    const database = await open(dataDir)
    expect(database.adopted).toBe(true)
    expect(await postmasterOf(dataDir)).toBe(postmaster)
    expect(await query(database.poolConfig, 'SELECT what FROM kept')).toEqual([{ what: 'here' }])
    await database.close()
    await expectNothingRuns(dataDir)
  })

  test('its PostgreSQL is adopted over loopback too', async () => {
    const dataDir = await fillDataDir(join(await makeFolder(), 'long'.repeat(30)))
    const holder = await startHolder(dataDir)
    await holder.kill()
    const database = await open(dataDir)
    expect(database).toMatchObject({ adopted: true, poolConfig: { host: '127.0.0.1' } })
    expect(database.poolConfig.port).toBe(holder.opened!.poolConfig.port)
  })

  test('a PostgreSQL that is frozen is replaced', { tags: 'thorough' }, async () => {
    const dataDir = await makeDataDir()
    const holder = await startHolder(dataDir)
    const postmaster = await postmasterOf(dataDir)
    await holder.kill()
    process.kill(postmaster, 'SIGSTOP')
    const log = new RecordedLog()
    const opening = open(dataDir, { log })
    while (log.events.length === 0) await delay(5)
    expect(log.events).toEqual([
      { event: 'database.adopt_rejected', fields: { pid: postmaster, reason: 'it does not answer' } },
    ])
    process.kill(postmaster, 'SIGCONT')
    const database = await opening
    expect(database.adopted).toBe(false)
    expect(await postmasterOf(dataDir)).not.toBe(postmaster)
  })

  test('a PostgreSQL that is about to stop is waited for', { tags: 'thorough' }, async () => {
    const dataDir = await makeDataDir()
    const holder = await startHolder(dataDir)
    const client = new Client(holder.opened!.poolConfig)
    client.on('error', () => undefined)
    await client.connect()
    await holder.kill()
    // a smart shutdown waits for the session above
    process.kill(await postmasterOf(dataDir), 'SIGTERM')
    const database = await open(dataDir)
    expect(database.adopted).toBe(false)
    expect(await query(database.poolConfig, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
    await client.end()
  })

  test('during its very first start, the next one starts again', { tags: 'thorough' }, async () => {
    const dataDir = join(await makeFolder(), 'data')
    const starting = startHolder(dataDir)
    const home = join(dataDir, 'database')
    while (!(await readdir(home).catch(() => [])).some((name) => /^cluster\.new-\d+$/.test(name)))
      await delay(1)
    const server = Number(await readFile(join(dataDir, 'pawl.lock'), 'utf8'))
    process.kill(server, 'SIGKILL')
    await starting
    expect(existsSync(join(home, 'cluster'))).toBe(false)
    const database = await open(dataDir)
    expect(await query(database.poolConfig, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
    expect((await readdir(home)).filter((name) => name.includes('.new-'))).toEqual([])
  })
})

describe('after PostgreSQL itself was killed', () => {
  test('it starts again with its data', async () => {
    const dataDir = await makeDataDir()
    const holder = await startHolder(dataDir)
    await query(holder.opened!.poolConfig, `CREATE TABLE kept AS SELECT 'here' AS what`)
    const postmaster = await postmasterOf(dataDir)
    process.kill(postmaster, 'SIGKILL')
    await holder.kill()
    const database = await open(dataDir)
    expect(database.adopted).toBe(false)
    expect(await postmasterOf(dataDir)).not.toBe(postmaster)
    expect(await query(database.poolConfig, 'SELECT what FROM kept')).toEqual([{ what: 'here' }])
  })

  test(
    'a session that is still at work on the data is ended before it starts again',
    { tags: 'thorough' },
    async () => {
      const dataDir = await makeDataDir()
      const session = await leaveBusySession(dataDir)
      const log = new RecordedLog()
      const database = await open(dataDir, { log })
      expect(log.events).toContainEqual({
        event: 'database.start_rejected',
        fields: { pids: [session], reason: 'sessions of a killed PostgreSQL are still at work' },
      })
      expect(await query(database.poolConfig, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
    },
  )

  test('a session that could not be found is waited for', { tags: 'thorough' }, async () => {
    const dataDir = await makeDataDir()
    const session = await leaveBusySession(dataDir)
    await rm(join(await clusterOf(dataDir), 'postmaster.pid'))
    await rm(join(dataDir, 'database', '.s.PGSQL.5432.lock'))
    const place = await choosePlace(dataDir)
    const log = new RecordedLog()
    const starting = startPatiently(place, log)
    while (log.events.length === 0) await delay(5)
    expect(log.events[0]?.fields).toEqual({
      reason: expect.stringContaining('pre-existing shared memory block'),
    })
    process.kill(session, 'SIGTERM')
    const { pid } = await starting
    await stopPostgres(place, pid)
    await expectNothingRuns(dataDir)
  })

  test('a process that has its pid by now is neither adopted nor signalled', async () => {
    const dataDir = await makeDataDir()
    const { close, poolConfig } = await open(dataDir)
    const { cluster, home, owner } = await describeHome(dataDir)
    const file = await readFile(join(cluster, 'postmaster.pid'), 'utf8')
    const lock = await readFile(join(home, '.s.PGSQL.5432.lock'), 'utf8')
    await query(poolConfig, `CREATE TABLE kept AS SELECT 'here' AS what`)
    await close()

    const innocent = startChild('sleep', ['1000'], { uid: owner.uid, gid: owner.gid })
    onTestFinished(() => void innocent.kill('SIGKILL'))
    await once(innocent, 'spawn')
    for (const [path, text] of [
      [join(cluster, 'postmaster.pid'), file],
      [join(home, '.s.PGSQL.5432.lock'), lock],
    ] as const) {
      await writeFile(path, text.replace(/^\d+/, String(innocent.pid)), { mode: 0o600 })
      await chown(path, owner.uid, owner.gid)
    }
    const database = await open(dataDir)
    expect(database.adopted).toBe(false)
    expect(await query(database.poolConfig, 'SELECT what FROM kept')).toEqual([{ what: 'here' }])
    await database.close()
    expect(innocent.exitCode ?? innocent.signalCode).toBeNull()
  })

  test('a PostgreSQL of another directory is neither adopted nor signalled', async () => {
    const folder = await makeFolder()
    const other = await open(join(folder, 'other'))
    const dataDir = join(folder, 'data')
    const { close } = await open(dataDir)
    const { cluster, owner } = await describeHome(dataDir)
    await close()
    const path = join(cluster, 'postmaster.pid')
    await writeFile(path, await readFile(join(folder, 'other', 'database', 'cluster', 'postmaster.pid')))
    await chown(path, owner.uid, owner.gid)

    const database = await open(dataDir)
    expect(database.adopted).toBe(false)
    expect(await query(database.poolConfig, 'SHOW data_directory')).toEqual([{ data_directory: cluster }])
    await database.close()
    expect(await query(other.poolConfig, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
  })

  test('what it left half written is no obstacle', async () => {
    const dataDir = await makeDataDir()
    const { close } = await open(dataDir)
    await close()
    const { cluster, home, owner } = await describeHome(dataDir)
    await writeFile(join(cluster, 'postmaster.pid'), '')
    await chown(join(cluster, 'postmaster.pid'), owner.uid, owner.gid)
    await rm(join(home, '.s.PGSQL.5432'), { force: true })
    await mkdir(join(home, 'cluster.new-99'))
    const database = await open(dataDir)
    expect(await query(database.poolConfig, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
  })
})

async function describeHome(
  dataDir: string,
): Promise<{ cluster: string; home: string; owner: { uid: number; gid: number } }> {
  const cluster = await clusterOf(dataDir)
  const { uid, gid } = await stat(cluster)
  return { cluster, home: join(dataDir, 'database'), owner: { uid, gid } }
}

/** Kills a server and its PostgreSQL while a session is computing, and returns that session's pid. */
async function leaveBusySession(dataDir: string): Promise<number> {
  const holder = await startHolder(dataDir)
  const { poolConfig } = holder.opened!
  const client = new Client(poolConfig)
  client.on('error', () => undefined)
  await client.connect()
  onTestFinished(() => client.end())
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
  const session = rows[0]!.pid
  client.query('SELECT count(*) FROM generate_series(1, 100000000000)').catch(() => undefined)
  const busy = `SELECT 1 FROM pg_stat_activity WHERE pid = ${session} AND state = 'active' AND wait_event IS NULL`
  while ((await query(poolConfig, busy)).length === 0) await delay(5)
  process.kill(await postmasterOf(dataDir), 'SIGKILL')
  await holder.kill()
  const cluster = await clusterOf(dataDir)
  // all but the busy one notice the death at once
  while ((await listPostgresProcesses(cluster)).length > 1) await delay(5)
  expect(await listPostgresProcesses(cluster)).toEqual([session])
  return session
}

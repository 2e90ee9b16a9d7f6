import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Pool } from 'pg'
import { describe, expect, test } from 'vitest'
import { expectNothingRuns, makeDataDir, makeFolder, open, postmasterOf, query } from './databaseHarness.ts'
import { fillDataDir } from '../../support/dataDir.ts'

describe('the embedded database', () => {
  test('starts in a new private directory, keeps its data, and leaves no process behind', async () => {
    const dataDir = join(await makeFolder(), 'new', 'data')
    const first = await open(dataDir)
    expect(first).toMatchObject({ kind: 'embedded', adopted: false })
    await query(first.poolConfig, `CREATE TABLE kept AS SELECT 'here' AS what`)
    await first.close()
    await expectNothingRuns(dataDir)
    expect((await stat(dataDir)).mode & 0o777).toBe(0o700)

    const second = await open(dataDir)
    expect(second.adopted).toBe(false)
    expect(await query(second.poolConfig, 'SELECT what FROM kept')).toEqual([{ what: 'here' }])
    await second.close()
    await second.close()
    await expectNothingRuns(dataDir)
  })

  test('keeps every sync to disk, and checksums', { tags: 'thorough' }, async () => {
    const { poolConfig } = await open(join(await makeFolder(), 'data'))
    const names = [
      'fsync',
      'synchronous_commit',
      'full_page_writes',
      'data_checksums',
      'server_encoding',
      'listen_addresses',
    ]
    const rows = await query(
      poolConfig,
      `SELECT name, setting FROM pg_settings WHERE name = ANY ('{${names.join(',')}}')`,
    )
    expect(Object.fromEntries(rows.map(({ name, setting }) => [name, setting]))).toEqual({
      fsync: 'on',
      synchronous_commit: 'on',
      full_page_writes: 'on',
      data_checksums: 'on',
      server_encoding: 'UTF8',
      listen_addresses: '',
    })
  })

  test('asks for its password on the socket too', { tags: 'thorough' }, async () => {
    const { poolConfig } = await open(await makeDataDir())
    await expect(query({ ...poolConfig, password: 'guess' }, 'SELECT 1')).rejects.toThrow(
      'password authentication failed',
    )
  })

  test('hands out as many connections as the pool is told it may open', async () => {
    const { poolConfig } = await open(await makeDataDir())
    const pool = new Pool(poolConfig)
    const clients = await Promise.all(Array.from({ length: poolConfig.max ?? 0 }, () => pool.connect()))
    expect(clients.length).toBeGreaterThanOrEqual(10)
    for (const client of clients) client.release()
    await pool.end()
  })

  test.each(['a $HOME', `it's "quoted", and\\more`, 'späße 🦔', 'com,ma', '`id`'])(
    'lives in a directory named %s',
    async (name) => {
      const dataDir = await fillDataDir(join(await makeFolder(), name))
      const { poolConfig, close } = await open(dataDir)
      expect(poolConfig.host).toBe(join(dataDir, 'database'))
      expect(await query(poolConfig, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
      await close()
      await expectNothingRuns(dataDir)
    },
  )

  test('uses loopback with its password where the socket path would be too long', async () => {
    const dataDir = await fillDataDir(join(await makeFolder(), 'long'.repeat(30)))
    const database = await open(dataDir)
    expect(database.poolConfig.host).toBe('127.0.0.1')
    expect(await query(database.poolConfig, 'SHOW listen_addresses')).toEqual([
      { listen_addresses: '127.0.0.1' },
    ])
    await expect(query({ ...database.poolConfig, password: 'guess' }, 'SELECT 1')).rejects.toThrow(
      'password authentication failed',
    )
    await database.close()
    await expectNothingRuns(dataDir)
  })

  test('takes the last byte a socket path may have, and one more over loopback', async () => {
    const folder = await makeFolder()
    const rest = 107 - Buffer.byteLength(join(folder, 'x', 'database', '.s.PGSQL.5432'))
    const fits = await open(await fillDataDir(join(folder, 'x'.repeat(rest + 1))))
    expect(fits.poolConfig.host).toMatch(/^\//)
    const doesNot = await open(await fillDataDir(join(folder, 'y'.repeat(rest + 2))))
    expect(doesNot.poolConfig.host).toBe('127.0.0.1')
  })

  test('starts again where a first start was cut off', { tags: 'thorough' }, async () => {
    const dataDir = join(await makeFolder(), 'data')
    await mkdir(join(dataDir, 'database', 'cluster.new-1', 'base'), { recursive: true, mode: 0o700 })
    await writeFile(join(dataDir, 'pawl.lock'), '')
    await writeFile(join(dataDir, 'database', 'cluster.new-1.password'), 'old')
    const { poolConfig } = await open(dataDir)
    expect(await query(poolConfig, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
    expect((await readdir(join(dataDir, 'database'))).filter((name) => name.includes('.new-'))).toEqual([])
  })

  test('ends sessions that were left open when it closes', async () => {
    const dataDir = await makeDataDir()
    const { poolConfig, close } = await open(dataDir)
    const pool = new Pool(poolConfig)
    const ended = new Promise((resolve) => pool.once('error', resolve))
    await pool.query('SELECT 1')
    await close()
    expect(String(await ended)).toMatch(/terminat/)
    await pool.end()
    await expectNothingRuns(dataDir)
  })

  test('refuses a directory that holds other files instead of changing it', async () => {
    const folder = await makeFolder()
    await writeFile(join(folder, 'thesis.txt'), 'years of work')
    await expect(open(folder)).rejects.toMatchObject({
      code: 'DATA_DIR_UNUSABLE',
      message: expect.stringContaining('thesis.txt'),
    })
    expect((await stat(folder)).mode & 0o777).toBe(0o755)
  })

  test('refuses data of another major version, and says how to move it', async () => {
    const dataDir = await makeDataDir()
    const { close } = await open(dataDir)
    await close()
    await writeFile(join(dataDir, 'database', 'cluster', 'PG_VERSION'), '17\n')
    await expect(open(dataDir)).rejects.toMatchObject({
      code: 'DATA_DIR_UNUSABLE',
      message: expect.stringContaining('pawl export'),
    })
  })

  test('says what PostgreSQL said when it does not start', async () => {
    const dataDir = await makeDataDir()
    const { close } = await open(dataDir)
    await close()
    await writeFile(join(dataDir, 'database', 'cluster', 'postgresql.conf'), 'no_such_setting = 1\n')
    await expect(open(dataDir)).rejects.toMatchObject({
      code: 'EMBEDDED_FAILED',
      message: expect.stringContaining('no_such_setting'),
    })
    await expectNothingRuns(dataDir)
  })

  test('is not reached by a Ctrl-C for the process group', async () => {
    const dataDir = await makeDataDir()
    await open(dataDir)
    const postmaster = await postmasterOf(dataDir)
    const group = (await readFile(`/proc/${postmaster}/stat`, 'utf8')).split(') ')[1]?.split(' ')[2]
    expect(Number(group)).toBe(postmaster)
  })
})

import { execFile } from 'node:child_process'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest'
import { Client } from 'pg'
import type { PoolConfig } from 'pg'
import { listForEngine, withSchemaEngine } from '../../../scripts/schemaEngine.ts'
import { silentLog } from '../../../src/database/kit/databaseLog.ts'
import { migrate } from '../../../src/database/migrate/migrate.ts'
import { readMigrations } from '../../../src/database/migrate/readMigrations.ts'
import { makeFolder, query } from './databaseHarness.ts'
import { findPostgres15, startPostgres15 } from './postgres15.ts'
import type { Postgres15 } from './postgres15.ts'
import { programFile } from '../../support/programs.ts'

const ownMigrations = fileURLToPath(new URL('../../../prisma/migrations', import.meta.url))

let databases = 0

async function createDatabase(server: PoolConfig): Promise<PoolConfig> {
  const database = `migrate_${process.pid}_${(databases += 1)}`
  await query(server, `CREATE DATABASE ${database}`)
  return { ...server, database }
}

async function readNames(poolConfig: PoolConfig): Promise<string[]> {
  const rows = await query(
    poolConfig,
    'SELECT migration_name AS name FROM _prisma_migrations ORDER BY started_at',
  )
  return rows.map(({ name }) => name as string)
}

function describeMigrating(major: number, getServer: () => PoolConfig): void {
  describe(`migrate on PostgreSQL ${major}`, () => {
    test('applies every migration once, in order, and writes down what Prisma does', async () => {
      const database = await createDatabase(getServer())
      const migrations = await readMigrations(ownMigrations)
      const names = migrations.map(({ name }) => name)
      expect(await migrate(database, ownMigrations)).toEqual(names)
      expect(await migrate(database, ownMigrations)).toEqual([])
      const rows = await query(database, 'SELECT * FROM _prisma_migrations ORDER BY started_at')
      expect(rows).toEqual(
        migrations.map(({ name, checksum }) => ({
          id: expect.stringMatching(/^[0-9a-f-]{36}$/),
          checksum,
          finished_at: expect.any(Date),
          migration_name: name,
          logs: null,
          rolled_back_at: null,
          started_at: expect.any(Date),
          applied_steps_count: 1,
        })),
      )
    })

    test('ends the sessions in which servers have prepared statements, and no others', async () => {
      const database = await createDatabase(getServer())
      const [first, ...others] = (await readMigrations(ownMigrations)).map(({ name }) => name)
      expect(await migrate(database, ownMigrations, undefined, first)).toEqual([first])
      const open = async (application_name: string) => {
        const client = new Client({ ...database, application_name })
        const ended = new Promise<string | undefined>((resolve) =>
          client.on('error', (error: Error & { code?: string }) => resolve(error.code)),
        )
        await client.connect()
        await client.query({ name: 'all', text: 'SELECT * FROM run' })
        return { client, ended }
      }
      const [server, signals, psql] = [await open('pawl'), await open('pawl signals'), await open('psql')]
      expect(await migrate(database, ownMigrations)).toEqual(others)
      expect(await server.ended).toBe('57P01')
      await signals.client.query('SELECT 1')
      // what the others prepared can't be used any more
      await expect(psql.client.query({ name: 'all', text: 'SELECT * FROM run' })).rejects.toThrow(
        'cached plan must not change result type',
      )
      await signals.client.end()
      await psql.client.end()
    })

    test('logs one line of a new database, and one of each migration of an existing one', async () => {
      const database = await createDatabase(getServer())
      const names = (await readMigrations(ownMigrations)).map(({ name }) => name)
      const logged: unknown[] = []
      const log = {
        ...silentLog,
        info: (fields: object, event: string) => void logged.push({ event, ...fields }),
      }
      await migrate(database, ownMigrations, log, names[1])
      const known = names.slice(0, 2)
      // the first call knows of these only, and applies them all
      expect(logged.splice(0)).toEqual([{ event: 'database.create_completed', migrations: known.length }])
      await migrate(database, ownMigrations, log)
      expect(logged).toEqual(
        names.slice(2).map((migration) => ({ event: 'database.migration_completed', migration })),
      )
    })

    test('lets four processes migrate at once: one does, all succeed', async () => {
      const database = await createDatabase(getServer())
      const run = promisify(execFile)
      const runs = await Promise.all(
        [1, 2, 3, 4].map(() =>
          run(process.execPath, [programFile('migrate'), JSON.stringify(database), ownMigrations]),
        ),
      )
      const applied = runs.flatMap(({ stdout }) => JSON.parse(stdout) as string[])
      expect(applied).toEqual((await readMigrations(ownMigrations)).map(({ name }) => name))
    })
  })
}

describeMigrating(18, () => inject('postgres').poolConfig)

describe.skipIf(findPostgres15() === undefined)('on another major version', () => {
  let server: Postgres15
  beforeAll(async () => {
    server = await startPostgres15()
  })
  afterAll(() => server.close())
  describeMigrating(15, () => server.poolConfig)
})

describe('migrate', () => {
  let database: PoolConfig
  let folder: string

  beforeEach(async () => {
    database = await createDatabase(inject('postgres').poolConfig)
    folder = await makeFolder()
  })

  async function write(name: string, sql: string): Promise<void> {
    await mkdir(join(folder, name), { recursive: true })
    await writeFile(join(folder, name, 'migration.sql'), sql)
  }

  test('keeps function bodies and literals with semicolons whole', async () => {
    await write(
      '1_function',
      `CREATE FUNCTION three() RETURNS text AS $$ DECLARE x text; BEGIN x := 'a;b'; RETURN x; END $$ LANGUAGE plpgsql;
       -- a comment; with a semicolon
       CREATE TABLE t (x text DEFAULT ';');`,
    )
    expect(await migrate(database, folder)).toEqual(['1_function'])
    expect(await query(database, 'SELECT three()')).toEqual([{ three: 'a;b' }])
  })

  test('leaves nothing of a migration that fails, says why, and continues once it is mended', async () => {
    await write('1_good', 'CREATE TABLE good (x int);')
    await write('2_bad', 'CREATE TABLE half (x int); CREATE TABLE good (x int);')
    await expect(migrate(database, folder)).rejects.toMatchObject({
      code: 'MIGRATION_FAILED',
      message: expect.stringMatching(/2_bad.*relation "good" already exists/),
    })
    expect(await readNames(database)).toEqual(['1_good'])
    expect(await query(database, `SELECT to_regclass('half') AS half`)).toEqual([{ half: null }])
    await write('2_bad', 'CREATE TABLE half (x int);')
    expect(await migrate(database, folder)).toEqual(['2_bad'])
  })

  test('leaves nothing of a migration whose connection was cut', async () => {
    await write('1_slow', 'CREATE TABLE half (x int); SELECT pg_sleep(1000);')
    const failing = migrate(database, folder).catch((error: unknown) => error)
    const sleeping = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                       WHERE datname = '${database.database}' AND wait_event = 'PgSleep'`
    while ((await query(inject('postgres').poolConfig, sleeping)).length === 0);
    expect(await failing).toMatchObject({ code: 'MIGRATION_FAILED' })
    await write('1_slow', 'CREATE TABLE half (x int);')
    expect(await migrate(database, folder)).toEqual(['1_slow'])
  })

  test('refuses a migration that was edited after it had been applied', async () => {
    await write('1_one', 'CREATE TABLE one (x int);')
    await migrate(database, folder)
    await write('1_one', 'CREATE TABLE one (x bigint);')
    await write('2_two', 'CREATE TABLE two (x int);')
    await expect(migrate(database, folder)).rejects.toMatchObject({
      code: 'MIGRATION_EDITED',
      message: expect.stringContaining('1_one'),
    })
    expect(await readNames(database)).toEqual(['1_one'])
  })

  test('does not mind other line endings', async () => {
    await write('1_one', 'CREATE TABLE one (\n  x int\n);\n')
    await migrate(database, folder)
    await write('1_one', 'CREATE TABLE one (\r\n  x int\r\n);\r\n')
    expect(await migrate(database, folder)).toEqual([])
  })

  test('refuses a database that a newer Pawl has migrated', async () => {
    await write('1_one', 'CREATE TABLE one (x int);')
    await write('2_two', 'CREATE TABLE two (x int);')
    await migrate(database, folder)
    await rm(join(folder, '2_two'), { recursive: true })
    await expect(migrate(database, folder)).rejects.toMatchObject({
      code: 'MIGRATION_MISSING',
      message: expect.stringMatching(/2_two.*Upgrade/),
    })
  })

  test('refuses a database where Prisma left a migration unfinished, until it is resolved', async () => {
    await write('1_one', 'CREATE TABLE one (x int);')
    await migrate(database, folder)
    await query(database, 'UPDATE _prisma_migrations SET finished_at = NULL')
    await expect(migrate(database, folder)).rejects.toMatchObject({
      code: 'MIGRATION_FAILED',
      message: expect.stringContaining('prisma migrate resolve'),
    })
    await query(database, 'UPDATE _prisma_migrations SET rolled_back_at = now(); DROP TABLE one')
    expect(await migrate(database, folder)).toEqual(['1_one'])
  })

  test(`refuses a database that holds somebody else's tables`, async () => {
    await query(database, 'CREATE TABLE theirs (x int)')
    await write('1_one', 'CREATE TABLE one (x int);')
    await expect(migrate(database, folder)).rejects.toMatchObject({
      code: 'DATABASE_UNSUPPORTED',
      message: expect.stringContaining('CREATE DATABASE pawl'),
    })
    expect(await query(database, `SELECT to_regclass('_prisma_migrations') AS t`)).toEqual([{ t: null }])
  })

  test('refuses an installation without migrations', async () => {
    await expect(migrate(database, join(folder, 'none'))).rejects.toMatchObject({ code: 'MIGRATION_MISSING' })
  })

  test('writes the history that Prisma writes, and Prisma finds nothing left to apply', async () => {
    const theirs = await createDatabase(inject('postgres').poolConfig)
    const list = listForEngine(ownMigrations, await readMigrations(ownMigrations))
    const applyByEngine = (poolConfig: PoolConfig) =>
      withSchemaEngine(poolConfig, (engine) =>
        engine.applyMigrations({
          migrationsList: list,
          filters: { externalTables: [], externalEnums: [] },
        }),
      )
    const applied = await migrate(database, ownMigrations)
    expect((await applyByEngine(theirs)).appliedMigrationNames).toEqual(applied)
    const columns = `SELECT column_name, data_type, character_maximum_length, is_nullable, column_default
      FROM information_schema.columns WHERE table_name = '_prisma_migrations' ORDER BY ordinal_position`
    const lines = `SELECT migration_name, checksum, logs, rolled_back_at, applied_steps_count, finished_at IS NULL AS unfinished
      FROM _prisma_migrations ORDER BY started_at`
    for (const sql of [columns, lines]) expect(await query(database, sql)).toEqual(await query(theirs, sql))
    expect((await applyByEngine(database)).appliedMigrationNames).toEqual([])
    expect(await migrate(theirs, ownMigrations)).toEqual([])
  })

  test('waits for anyone who holds the lock of Prisma', async () => {
    await write('1_one', 'CREATE TABLE one (x int);')
    const holder = new Client(database)
    await holder.connect()
    await holder.query('SELECT pg_advisory_lock(72707369)')
    const waiting = migrate(database, folder)
    const blocked = `SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
      AND database = (SELECT oid FROM pg_database WHERE datname = '${database.database}')`
    while ((await query(inject('postgres').poolConfig, blocked)).length === 0);
    expect(await query(database, `SELECT to_regclass('_prisma_migrations') AS t`)).toEqual([{ t: null }])
    await holder.end()
    expect(await waiting).toEqual(['1_one'])
  })
})

import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { UnnamedClient } from '../../../src/database/given/unnamedClient.ts'
import { toUrl } from '../../support/server.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { makeFolder, open, RecordedLog } from './databaseHarness.ts'
import { hasPgbouncer, pgbouncerKeepsNames, startPgbouncer } from './pgbouncer.ts'
import { findPostgres15, startPostgres15 } from './postgres15.ts'

// Debian's package pgbouncer brings the program
describe.skipIf(!hasPgbouncer)('a PostgreSQL behind PgBouncer', () => {
  let database: TestDatabase
  let direct: string
  beforeAll(async () => {
    database = await createTestDatabase()
    direct = toUrl(database.poolConfig)
  })
  afterAll(() => database.drop())

  async function openWith(databaseUrl: string, databaseListenUrl?: string, log = new RecordedLog()) {
    const dataDir = join(await makeFolder(), 'data')
    return open(dataDir, { databaseUrl, ...(databaseListenUrl && { databaseListenUrl }), log })
  }
  const refused = (message: RegExp) => ({
    code: 'DATABASE_UNSUPPORTED',
    message: expect.stringMatching(message),
  })

  test('in transaction mode alone is refused, and told what to set', async () => {
    const { databaseUrl } = await startPgbouncer(database.poolConfig, 'transaction')
    await expect(openWith(databaseUrl)).rejects.toMatchObject(
      refused(/shares sessions.*Set DATABASE_LISTEN_URL.*pool_mode = session/),
    )
  })

  test('in transaction mode is seen although other clients take its sessions', async () => {
    const { databaseUrl } = await startPgbouncer(database.poolConfig, 'transaction', [
      'default_pool_size = 4',
    ])
    let isOver = false
    const busy = Array.from({ length: 6 }, async () => {
      const client = new Client(databaseUrl)
      await client.connect()
      while (!isOver) await client.query('SELECT pg_sleep(0.001)')
      await client.end()
    })
    const outcome = await openWith(databaseUrl).catch((error: unknown) => error)
    isOver = true
    await Promise.all(busy)
    expect(outcome).toMatchObject(refused(/shares sessions/))
  })

  test('in statement mode is refused, whatever is there to listen', async () => {
    const { databaseUrl } = await startPgbouncer(database.poolConfig, 'statement')
    await expect(openWith(databaseUrl)).rejects.toMatchObject(refused(/in statement mode/))
    await expect(openWith(databaseUrl, direct)).rejects.toMatchObject(refused(/in statement mode/))
  })

  test('in session mode is used without more', async () => {
    const { databaseUrl } = await startPgbouncer(database.poolConfig, 'session')
    expect(await openWith(databaseUrl)).toMatchObject({
      poolConfig: { connectionString: databaseUrl },
      sessionConfig: { connectionString: databaseUrl },
    })
  })

  test('in transaction mode is used for statements, beside a direct connection for sessions', async () => {
    const { databaseUrl } = await startPgbouncer(database.poolConfig, 'transaction')
    const log = new RecordedLog()
    const opened = await openWith(databaseUrl, direct, log)
    expect(opened.sessionConfig).toEqual({ connectionString: direct })
    expect(opened.poolConfig).toEqual({
      connectionString: databaseUrl,
      ...(!pgbouncerKeepsNames && { Client: UnnamedClient }),
    })
    expect(log.events).toContainEqual({
      event: 'database.pool_completed',
      fields: { pooler: true, named: pgbouncerKeepsNames },
    })
  })

  test.skipIf(!pgbouncerKeepsNames)('does without names where it is not to keep them', async () => {
    const { databaseUrl } = await startPgbouncer(database.poolConfig, 'transaction', [
      'max_prepared_statements = 0',
    ])
    expect(await openWith(databaseUrl, direct)).toMatchObject({ poolConfig: { Client: UnnamedClient } })
  })

  test('does without names where it has one session, by which nothing can be proved', async () => {
    const { databaseUrl } = await startPgbouncer(database.poolConfig, 'transaction', [
      'default_pool_size = 1',
    ])
    expect(await openWith(databaseUrl, direct)).toMatchObject({ poolConfig: { Client: UnnamedClient } })
  })

  test('is refused where the address to listen at leads through a pooler, too', async () => {
    const { databaseUrl } = await startPgbouncer(database.poolConfig, 'transaction')
    await expect(openWith(databaseUrl, databaseUrl)).rejects.toMatchObject(
      refused(/\(DATABASE_LISTEN_URL\) is reached through a pooler.*LISTEN gets lost/),
    )
    await expect(openWith(direct, databaseUrl)).rejects.toMatchObject(refused(/LISTEN gets lost/))
  })

  test('is refused where the address to listen at is another database', async () => {
    const other = await createTestDatabase()
    onTestFinished(() => other.drop())
    const { databaseUrl } = await startPgbouncer(database.poolConfig, 'transaction')
    await expect(openWith(databaseUrl, toUrl(other.poolConfig))).rejects.toMatchObject(
      refused(/\(DATABASE_LISTEN_URL\) is not the database of DATABASE_URL/),
    )
    await expect(openWith(direct, toUrl(other.poolConfig))).rejects.toMatchObject(
      refused(/is not the database/),
    )
  })

  test.skipIf(findPostgres15() === undefined)(
    'is refused where the address to listen at is another PostgreSQL',
    async () => {
      const other = await startPostgres15()
      onTestFinished(() => other.close())
      await expect(openWith(direct, other.databaseUrl)).rejects.toMatchObject(refused(/is not the database/))
    },
  )

  test('is told by its variable where the address to listen at leads nowhere', async () => {
    await expect(openWith(direct, 'postgresql://pawl:s3cret@127.0.0.1:1/pawl')).rejects.toMatchObject({
      code: 'DATABASE_UNREACHABLE',
      message: expect.stringMatching(/127\.0\.0\.1:1\/pawl.*Check DATABASE_LISTEN_URL [^,]*$/),
    })
  })
})

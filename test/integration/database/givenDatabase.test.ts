import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeFolder, open, query } from './databaseHarness.ts'
import { findPostgres15, startPostgres15 } from './postgres15.ts'
import type { Postgres15 } from './postgres15.ts'

describe.skipIf(findPostgres15() === undefined)('a given PostgreSQL', () => {
  let server: Postgres15
  beforeAll(async () => {
    server = await startPostgres15()
  })
  afterAll(() => server.close())

  test('is used as it is and left running', async () => {
    const dataDir = join(await makeFolder(), 'data')
    const { databaseUrl } = server
    const database = await open(dataDir, { databaseUrl })
    expect(database).toMatchObject({
      kind: 'given',
      adopted: false,
      poolConfig: { connectionString: databaseUrl },
    })
    expect(
      await query(database.poolConfig, `SELECT current_setting('server_version_num')::int / 10000 AS major`),
    ).toEqual([{ major: 15 }])
    await database.close()
    expect(await query(server.poolConfig, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
    expect(await readdir(dataDir)).toEqual(['.gitignore', 'pawl.lock'])
  })

  test('that lacks the database named in the URL is told as PostgreSQL tells it', async () => {
    const databaseUrl = server.databaseUrl.replace('/postgres?', '/missing?')
    await expect(open(join(await makeFolder(), 'data'), { databaseUrl })).rejects.toMatchObject({
      code: 'DATABASE_UNREACHABLE',
      message: expect.stringContaining('database "missing" does not exist'),
    })
  })

  test.each([
    [
      'latin',
      `ENCODING LATIN1 LOCALE 'C' TEMPLATE template0`,
      '',
      /in LATIN1, which .*CREATE DATABASE pawl ENCODING UTF8/,
    ],
    ['ascii', `ENCODING SQL_ASCII LOCALE 'C' TEMPLATE template0`, '', /in SQL_ASCII/],
    ['asleep', '', 'SET default_transaction_read_only = on', /is read-only for this user/],
  ])(
    'that can not keep what Pawl writes is refused at the start: %s',
    async (name, options, then, message) => {
      await query(server.poolConfig, `CREATE DATABASE ${name} ${options}`)
      if (then) await query(server.poolConfig, `ALTER DATABASE ${name} ${then}`)
      const databaseUrl = server.databaseUrl.replace('/postgres?', `/${name}?`)
      await expect(open(join(await makeFolder(), 'data'), { databaseUrl })).rejects.toMatchObject({
        code: 'DATABASE_UNSUPPORTED',
        message: expect.stringMatching(message),
      })
    },
  )
})

test.each([
  ['postgresql://pawl:s3cret@127.0.0.1:1/pawl', /127\.0\.0\.1:1\/pawl.*ECONNREFUSED.*Check DATABASE_URL/],
  ['postgresql://pawl:s3cret@localhost:1/pawl', /localhost:1\/pawl.*ECONNREFUSED/],
  ['postgresql://pawl:s3cret@nowhere.invalid/pawl', /nowhere\.invalid/],
  ['not a url', /Check DATABASE_URL/],
])('an address that leads nowhere is told, without its password: %s', async (databaseUrl, message) => {
  const error = await open(join(await makeFolder(), 'data'), { databaseUrl }).catch(
    (thrown: unknown) => thrown,
  )
  expect(error).toMatchObject({ code: 'DATABASE_UNREACHABLE', message: expect.stringMatching(message) })
  expect((error as Error).message).not.toContain('s3cret')
})

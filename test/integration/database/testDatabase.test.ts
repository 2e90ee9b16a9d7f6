import { Client } from 'pg'
import { expect, test } from 'vitest'
import { createTestDatabase } from '../../support/database.ts'

test('each test database is a migrated copy of its own', async () => {
  const [one, two] = await Promise.all([createTestDatabase(), createTestDatabase()])
  const client = new Client(one.poolConfig)
  await client.connect()
  const { rows } = await client.query(
    'SELECT current_database() AS name, count(*)::int AS n FROM _prisma_migrations',
  )
  await client.end()
  expect(rows).toEqual([{ name: one.name, n: expect.any(Number) }])
  expect(rows[0].n).toBeGreaterThan(0)
  expect(two.name).not.toBe(one.name)
  await Promise.all([one.drop(), two.drop()])
})

test('dropping a test database with an open connection tells its last query', async () => {
  const database = await createTestDatabase()
  const client = new Client(database.poolConfig)
  client.on('error', () => undefined)
  await client.connect()
  await client.query('SELECT 42 AS leaked')
  await expect(database.drop()).rejects.toThrow('SELECT 42 AS leaked')
})

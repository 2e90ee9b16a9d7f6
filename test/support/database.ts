import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { Client } from 'pg'
import type { PoolConfig } from 'pg'
import { inject } from 'vitest'
import type { TestPostgres } from './globalSetup.ts'

/** A migrated, empty database of one test file. */
export interface TestDatabase {
  /** For a `pg.Pool` or `pg.Client`. */
  poolConfig: PoolConfig
  name: string
  /** Drops the database; rejects if connections to it are still open, naming the last query of each. */
  drop(): Promise<void>
}

/**
 * Clones the migrated template, by copying its files, which costs less than the default way by the log: a database for one
 * test file; drop it in `afterAll`.
 */
export async function createTestDatabase(): Promise<TestDatabase> {
  const { poolConfig, template }: TestPostgres = inject('postgres')
  const name = `test_${randomUUID().replaceAll('-', '')}`
  await withClient(poolConfig, (client) =>
    client.query(`CREATE DATABASE ${name} TEMPLATE ${template} STRATEGY FILE_COPY`),
  )
  return {
    poolConfig: { ...poolConfig, database: name },
    name,
    drop: () => withClient(poolConfig, (client) => dropDatabase(client, name)),
  }
}

async function withClient<T>(poolConfig: PoolConfig, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client(poolConfig)
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

async function dropDatabase(client: Client, name: string): Promise<void> {
  const leaked = await waitUntilUnused(client, name)
  await client.query(`DROP DATABASE ${name} WITH (FORCE)`)
  if (leaked.length > 0)
    throw new Error(`connections were left open; their last queries:\n${leaked.join('\n')}`)
}

/**
 * A closed connection's backend takes some milliseconds to exit; one that still exists after two seconds was not
 * closed.
 */
async function waitUntilUnused(client: Client, name: string): Promise<string[]> {
  const deadline = Date.now() + 2_000
  for (;;) {
    const { rows } = await client.query<{ query: string }>(
      'SELECT query FROM pg_stat_activity WHERE datname = $1',
      [name],
    )
    if (rows.length === 0 || Date.now() > deadline) return rows.map((row) => row.query)
    await delay(5)
  }
}

import { fileURLToPath } from 'node:url'
import { Client } from 'pg'
import type { PoolConfig } from 'pg'
import type { TestProject } from 'vitest/node'
import { startScratch } from '../../src/database/embedded/startScratch.ts'
import { migrate } from '../../src/database/migrate/migrate.ts'

/** The PostgreSQL that all test files share; each clones its database from the migrated template. */
export interface TestPostgres {
  poolConfig: PoolConfig
  template: string
}

declare module 'vitest' {
  interface ProvidedContext {
    postgres: TestPostgres
  }
}

const template = 'pawl_template'
const migrationsDir = fileURLToPath(new URL('../../prisma/migrations', import.meta.url))

/**
 * Starts one PostgreSQL for the whole run. Its data need not survive a power cut, so it does not sync to disk, unless
 * `PAWL_TEST_DURABLE` is set.
 */
export default async function startTestPostgres(project: TestProject): Promise<() => Promise<void>> {
  const postgres = await startScratch({
    durable: process.env['PAWL_TEST_DURABLE'] !== undefined,
    settings: { max_connections: 200, shared_buffers: '128MB' },
  })
  try {
    await createDatabase(postgres.poolConfig, template)
    await migrate({ ...postgres.poolConfig, database: template }, migrationsDir)
  } catch (error) {
    await postgres.close()
    throw error
  }
  project.provide('postgres', { poolConfig: postgres.poolConfig, template })
  return () => postgres.close()
}

async function createDatabase(poolConfig: PoolConfig, name: string): Promise<void> {
  const client = new Client(poolConfig)
  await client.connect()
  try {
    await client.query(`CREATE DATABASE ${name}`)
  } finally {
    await client.end()
  }
}

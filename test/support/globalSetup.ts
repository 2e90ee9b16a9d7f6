import { fileURLToPath } from 'node:url'
import { Client } from 'pg'
import type { PoolConfig } from 'pg'
import type { TestProject } from 'vitest/node'
import { startScratch } from '../../src/database/embedded/startScratch.ts'
import { migrate } from '../../src/database/migrate/migrate.ts'
import { buildPrograms } from './programs.ts'

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

/** The resources that the projects of one test run share, and how many use them. */
interface Shared {
  readonly made: Promise<Awaited<ReturnType<typeof prepare>>>
  users: number
}

const shared = globalThis as { pawlTests?: Shared }

/** Prepares the shared resources once for all projects of a test run that have tests. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const ours = (shared.pawlTests ??= { made: prepare(), users: 0 })
  ours.users += 1
  const { postgres, programs } = await ours.made
  project.provide('postgres', { poolConfig: postgres.poolConfig, template })
  project.provide('programs', programs.folder)
  return async () => {
    ours.users -= 1
    if (ours.users > 0) return
    delete shared.pawlTests
    await Promise.all([postgres.close(), programs.remove()])
  }
}

async function prepare() {
  const [postgres, programs] = await Promise.all([startTestPostgres(), buildPrograms()])
  return { postgres, programs }
}

/**
 * Starts one PostgreSQL for the whole run. Its data need not survive a power failure, so it does not sync to disk,
 * unless `PAWL_TEST_DURABLE` is set.
 */
async function startTestPostgres() {
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
  return postgres
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

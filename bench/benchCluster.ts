import { realpath } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { newId } from '../src/commands/kit/ids.ts'
import { listPostgresProcesses } from '../src/database/embedded/inspectProcess.ts'
import { startScratch } from '../src/database/embedded/startScratch.ts'
import { migrate } from '../src/database/migrate/migrate.ts'
import { openStore, type Store } from '../src/store/sql/openStore.ts'
import { insertWorkflow } from '../src/store/workflow/workflows.ts'
import type { StoredWorkflow } from '../src/store/sql/workflowCache.ts'
import type { Resources } from './resources.ts'
import { BENCH_WORKFLOW } from './benchWorkflow.ts'

/** Size of a server's connection pool, and of everything compared with it. */
export const POOL_SIZE = 10

/** A PostgreSQL with production settings, for several databases and servers. */
export interface BenchCluster {
  readonly admin: pg.Pool
  /** Ids of all of its processes. */
  listProcesses(): Promise<number[]>
  /** Bytes written to the write-ahead log so far. */
  readWalBytes(): Promise<number>
  /** Creates a migrated database with the workflow of the measurements. */
  createDatabase(name: string): Promise<BenchDatabase>
}

/** One database of the cluster. */
export interface BenchDatabase {
  readonly store: Store
  readonly workflow: StoredWorkflow
  /** As `DATABASE_URL`. */
  readonly url: string
  readonly poolConfig: pg.PoolConfig
}

const migrationsDir = fileURLToPath(new URL('../prisma/migrations', import.meta.url))

/**
 * Starts the embedded PostgreSQL as `pawl serve` does, with every sync to disk. Only the number of connections is raised, so that what is
 * compared with a server has a pool of the same size.
 *
 * @param options.port a port of the loopback interface to listen on, besides the socket; default: none
 */
export async function startBenchCluster(
  resources: Resources,
  { port }: { readonly port?: number } = {},
): Promise<BenchCluster> {
  const listening = port === undefined ? {} : { listen_addresses: '127.0.0.1', port }
  const postgres = await startScratch({ durable: true, settings: { max_connections: 80, ...listening } })
  resources.defer(() => postgres.close())
  const admin = new pg.Pool({ ...postgres.poolConfig, max: 2 })
  admin.on('error', () => undefined)
  resources.defer(() => admin.end())
  return {
    admin,
    listProcesses: async () => {
      const { rows } = await admin.query<{ data_directory: string }>('SHOW data_directory')
      return listPostgresProcesses(await realpath(rows[0]?.data_directory ?? ''))
    },
    readWalBytes: async () => {
      const { rows } = await admin.query<{ bytes: string }>(
        `SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn AS bytes`,
      )
      return Number(rows[0]?.bytes)
    },
    createDatabase: async (name) => {
      await admin.query(`CREATE DATABASE ${name}`)
      const poolConfig = { ...postgres.poolConfig, database: name }
      await migrate(poolConfig, migrationsDir)
      const store = openStore({ ...poolConfig, max: POOL_SIZE })
      resources.defer(() => store.close())
      const { workflow } = await insertWorkflow(store, {
        id: newId('workflow'),
        project: null,
        definition: BENCH_WORKFLOW,
      })
      return { store, workflow, poolConfig, url: toUrl(poolConfig) }
    },
  }
}

/** As `DATABASE_URL`. */
export function toUrl({ user, password, host, port, database }: pg.PoolConfig): string {
  return `postgresql://${user}:${String(password)}@/${database}?host=${encodeURIComponent(host ?? '')}&port=${port}`
}

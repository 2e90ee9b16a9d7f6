import { PrismaPg } from '@prisma/adapter-pg'
import pg from 'pg'
import { PrismaClient } from '../generated/client.ts'
import type { Connection } from './statement.ts'
import { WorkflowCache } from './workflowCache.ts'

/** The database as the rest of Pawl sees it: one pool, shared by hand-written statements and Prisma. */
export interface Store {
  readonly pool: pg.Pool
  readonly prisma: PrismaClient
  readonly workflows: WorkflowCache
  /** The secret that the servers of this installation encrypt and sign with; it never changes. */
  readSecret(connection: Connection): Promise<string>
  /** Calls a listener whenever a connection is lost: what the database holds may not be what it held. */
  onLost(listener: () => void): void
  /** Reports that a connection beside the pool was lost: a pooler hides from its clients what happens to idle sessions. */
  reportLost(): void
  /** Ends every connection once its current work is finished. */
  close(): Promise<void>
}

/** Opens the store on a migrated database. */
export function openStore(poolConfig: pg.PoolConfig): Store {
  const pool = new pg.Pool({ max: 10, ...poolConfig, application_name: 'pawl' })
  // a broken connection fails its query and is replaced by the next; without listeners it would end the process,
  // whether idle in the pool or checked out
  pool.on('error', () => {})
  const listeners: (() => void)[] = []
  const reportLost = () => listeners.forEach((listener) => listener())
  pool.on('connect', (client) => client.on('error', reportLost))
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool) })
  let secret: string | undefined
  return {
    pool,
    prisma,
    workflows: new WorkflowCache(pool),
    async readSecret(connection) {
      secret ??= (await connection.query<{ secret: string }>('SELECT secret FROM installation')).rows[0]
        ?.secret
      if (secret === undefined) throw new Error('the database was not migrated: it has no installation')
      return secret
    },
    onLost: (listener) => void listeners.push(listener),
    reportLost,
    async close() {
      await prisma.$disconnect()
      await pool.end()
    },
  }
}

/** The name of the constraint that a statement violated; undefined for any other error. */
export function violatedConstraint(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError && error.code?.startsWith('23') ? error.constraint : undefined
}

/** Runs `body` in one transaction on one connection; rolls back if it throws. */
export async function transact<T>(store: Store, body: (connection: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await store.pool.connect()
  let broken: Error | undefined
  // a connection that breaks between two statements reports it here; without a listener it would end the process
  const notice = (error: Error) => (broken = error)
  client.on('error', notice)
  try {
    await client.query('BEGIN')
    const result = await body(client)
    await client.query('COMMIT')
    return result
  } catch (error) {
    await client.query('ROLLBACK').catch((failure: Error) => (broken = failure))
    throw error
  } finally {
    client.off('error', notice)
    client.release(broken)
  }
}

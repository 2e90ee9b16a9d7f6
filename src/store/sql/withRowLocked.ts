import type pg from 'pg'
import { type Store, transact } from './openStore.ts'

/** How long to wait for a row lock, in milliseconds. */
const LOCK_TIMEOUT_MS = 10_000
/** How long a stopped process may hold a row lock, in milliseconds: the database then ends its transaction. */
const IDLE_TIMEOUT_MS = 5_000

/** PostgreSQL's codes for a lock that could not be acquired: lock timeout, and deadlock. */
const WAITED_IN_VAIN = new Set(['55P03', '40P01'])

/** Tables whose rows are locked, with the statement that locks one. */
const LOCK = {
  run: 'SELECT id FROM run WHERE id = $1 FOR UPDATE',
  workspace: 'SELECT id FROM workspace WHERE id = $1 FOR UPDATE',
} as const

type Body<T> = (connection: pg.PoolClient) => Promise<T>

/**
 * Runs `body` in one transaction that holds the lock of the run's row. Returns undefined if the lock cannot be acquired
 * in time; for a run that does not exist, `body` runs without a lock.
 */
export function withRunLocked<T>(store: Store, runId: string, body: Body<T>): Promise<T | undefined> {
  return withRowLocked(store, 'run', runId, body)
}

/** Like `withRunLocked`, for the row of a workspace. A caller that needs both locks the run first. */
export function withWorkspaceLocked<T>(
  store: Store,
  workspaceId: string,
  body: Body<T>,
): Promise<T | undefined> {
  return withRowLocked(store, 'workspace', workspaceId, body)
}

async function withRowLocked<T>(
  store: Store,
  table: keyof typeof LOCK,
  id: string,
  body: Body<T>,
): Promise<T | undefined> {
  try {
    return await transact(store, async (connection) => {
      await connection.query(
        `SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}; SET LOCAL idle_in_transaction_session_timeout = ${IDLE_TIMEOUT_MS}`,
      )
      await connection.query(LOCK[table], [id])
      return body(connection)
    })
  } catch (error) {
    if (WAITED_IN_VAIN.has((error as { code?: string }).code ?? '')) return undefined
    throw error
  }
}

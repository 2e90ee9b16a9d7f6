import type pg from 'pg'
import { type Store, transact } from './openStore.ts'

/** How long to wait for a row, in milliseconds. */
const LOCK_TIMEOUT_MS = 10_000
/** How long a process that stopped may keep a row from the others, in milliseconds: the database cuts it off. */
const IDLE_TIMEOUT_MS = 5_000

/** PostgreSQL's codes for a lock that could not be had: timed out, or given up because two waited for each other. */
const WAITED_IN_VAIN = new Set(['55P03', '40P01'])

/** Tables whose rows others queue for, with the statement that holds one. */
const LOCK = {
  run: 'SELECT id FROM run WHERE id = $1 FOR UPDATE',
  workspace: 'SELECT id FROM workspace WHERE id = $1 FOR UPDATE',
} as const

type Body<T> = (connection: pg.PoolClient) => Promise<T>

/**
 * Does something in one transaction that holds the run's row. Returns undefined where the row can't be had in time;
 * a run that is not there holds nothing up.
 */
export function withRunLocked<T>(store: Store, runId: string, body: Body<T>): Promise<T | undefined> {
  return withRowLocked(store, 'run', runId, body)
}

/** As `withRunLocked`, for the row of a workspace. Who needs both takes the run's first. */
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

import type pg from 'pg'
import { type Store, transact } from './openStore.ts'

/** How long to wait for a run's row, in milliseconds. */
const LOCK_TIMEOUT_MS = 10_000
/** How long a process that stopped may keep a run's row from the others, in milliseconds: the database cuts it off. */
const IDLE_TIMEOUT_MS = 5_000

/** PostgreSQL's codes for a lock that could not be had: timed out, or given up because two waited for each other. */
const WAITED_IN_VAIN = new Set(['55P03', '40P01'])

/**
 * Does something in one transaction that holds the run's row. Returns undefined where the row can't be had in time;
 * a run that is not there holds nothing up.
 */
export async function withRunLocked<T>(
  store: Store,
  runId: string,
  body: (connection: pg.PoolClient) => Promise<T>,
): Promise<T | undefined> {
  try {
    return await transact(store, async (connection) => {
      await connection.query(
        `SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}; SET LOCAL idle_in_transaction_session_timeout = ${IDLE_TIMEOUT_MS}`,
      )
      await connection.query('SELECT id FROM run WHERE id = $1 FOR UPDATE', [runId])
      return body(connection)
    })
  } catch (error) {
    if (WAITED_IN_VAIN.has((error as { code?: string }).code ?? '')) return undefined
    throw error
  }
}

import type { Store } from '../../src/store/sql/openStore.ts'
import { transact } from '../../src/store/sql/openStore.ts'
import { forgetRun } from './callers.ts'

/** Every column with a timestamp of a run, or of the rows below it. */
const MOMENTS = {
  run: [
    'created_at',
    'epoch_at',
    'status_at',
    'started_at',
    'settled_at',
    'last_activity_at',
    'due_at',
    'lease_expires_at',
    'not_before',
    'queued_from',
    'grace_ends_at',
  ],
  phase: ['started_at', 'ended_at'],
  execution: ['started_at', 'ended_at'],
  session: ['last_prompt_at', 'created_at'],
  artifact: ['created_at'],
  approval: ['requested_at', 'expires_at', 'decided_at'],
  message: ['sent_at'],
  event: ['at'],
} as const

/** Timestamps in payloads of the log. */
const MOMENTS_OF_EVENTS = [
  ['approval.requested', 'expiresAt'],
  ['run.claimed', 'queuedFrom'],
  ['run.requeued', 'notBefore'],
] as const

/** Rounds as columns do, to the millisecond. */
const moveMoment = (type: string, field: string) => `
UPDATE event SET payload = jsonb_set(payload, '{${field}}', to_jsonb(to_char(
  ((payload->>'${field}')::timestamptz - make_interval(secs => $2))::timestamptz(3) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')))
WHERE run_id = $1 AND type = '${type}' AND payload->>'${field}' IS NOT NULL`

/**
 * Simulates the passing of time for one run: moves every timestamp of it, and of its log, back by `seconds`, so that by
 * the database's clock it is that much later. The servers' heartbeat stays current, as if none had slept.
 */
export async function passTime(store: Store, runId: string, seconds: number): Promise<void> {
  await transact(store, async (connection) => {
    await connection.query('UPDATE installation SET tick_at = clock_timestamp()')
    // The database's triggers would reject this update.
    await connection.query(`SET LOCAL session_replication_role = replica`)
    for (const [table, columns] of Object.entries(MOMENTS)) {
      const moved = columns.map((column) => `${column} = ${column} - make_interval(secs => $2)`)
      await connection.query(
        `UPDATE ${table} SET ${moved.join(', ')} WHERE ${table === 'run' ? 'id' : 'run_id'} = $1`,
        [runId, seconds],
      )
    }
    for (const [type, field] of MOMENTS_OF_EVENTS)
      await connection.query(moveMoment(type, field), [runId, seconds])
  })
  await forgetRun(runId)
}

import { type Connection, prepare, query } from '../../sql/statement.ts'
import type { Instant } from '../../../lifecycle/run/run.ts'

const DEFER = prepare({
  name: 'defer-due',
  row: {},
  text: `UPDATE run SET due_at = $3::timestamptz WHERE id = $1 AND revision = $2`,
})

/** Sets when the sweep checks a run again, after it found nothing due. */
export async function deferDue(
  connection: Connection,
  runId: string,
  revision: number,
  dueAt: Instant | null,
): Promise<void> {
  await query(connection, DEFER, [runId, revision, dueAt === null ? null : new Date(dueAt).toISOString()])
}

import { type Connection, prepare, query } from '../../sql/statement.ts'

const MARK_TOLD = prepare({
  name: 'mark-parent-notified',
  row: {},
  text: 'UPDATE run SET parent_told = true WHERE id = $1 AND epoch = $2 AND settled_at IS NOT NULL AND NOT parent_told',
})

/** Records that the parent of a settled run was notified of the end of this epoch. */
export async function markParentNotified(connection: Connection, id: string, epoch: number): Promise<void> {
  await query(connection, MARK_TOLD, [id, epoch])
}

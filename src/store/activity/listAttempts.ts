import { column, type Connection, prepare, query } from '../sql/statement.ts'
import { groupByOwner } from '../sql/groupByOwner.ts'
import type { Attempt } from '../../lifecycle/run/run.ts'

const ATTEMPTS = prepare({
  name: 'list-attempts',
  row: {
    phase_id: column('phase_attempt', 'phase_id'),
    attempt: column('phase_attempt', 'attempt'),
    epoch: column('phase_attempt', 'epoch'),
    status: column('phase_attempt', 'status'),
  },
  text: `SELECT phase_id, attempt, epoch, status FROM phase_attempt WHERE phase_id = ANY($1::text[]) ORDER BY phase_id, attempt`,
})

/** All attempts of the phases, by phase: the outcome of an execution depends on them. */
export async function listAttempts(
  connection: Connection,
  phaseIds: readonly string[],
): Promise<Map<string, Attempt[]>> {
  const rows = await query(connection, ATTEMPTS, [phaseIds])
  return groupByOwner(rows.map(({ phase_id, ...attempt }) => [phase_id, attempt]))
}

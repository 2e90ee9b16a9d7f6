import { type Prepared, type Connection, query } from '../sql/openStore.ts'
import type { Attempt } from '../../lifecycle/run/run.ts'

const ATTEMPTS: Prepared = {
  name: 'list-attempts',
  text: `SELECT phase_id, attempt, epoch, status FROM phase_attempt WHERE phase_id = ANY($1::text[]) ORDER BY phase_id, attempt`,
}

/** All attempts of the phases named, by phase: what the outcome of an execution is judged by. */
export async function listAttempts(
  connection: Connection,
  phaseIds: readonly string[],
): Promise<Map<string, Attempt[]>> {
  const rows = await query<Attempt & { phase_id: string }>(connection, ATTEMPTS, [phaseIds])
  const attempts = new Map<string, Attempt[]>()
  for (const { phase_id, ...attempt } of rows)
    attempts.set(phase_id, [...(attempts.get(phase_id) ?? []), attempt])
  return attempts
}

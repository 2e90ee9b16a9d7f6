import { type Connection, json, prepare, query, text } from '../sql/statement.ts'
import { SESSION_JSON } from '../rows/selectWork.ts'
import { MAX_ROWS, byOwner } from './groupByOwner.ts'
import type { Session } from '../../lifecycle/run/run.ts'

const SESSIONS = prepare({
  name: 'list-sessions-of-runs',
  row: {
    run_id: text,
    row: json<Session>(),
  },
  text: `
SELECT of.run_id, listed.row FROM unnest($1::text[]) AS of(run_id)
CROSS JOIN LATERAL (
  SELECT ${SESSION_JSON} AS row, s.created_at, s.id FROM session s
  WHERE s.run_id = of.run_id ORDER BY s.created_at DESC, s.id DESC LIMIT ${MAX_ROWS}
) listed
ORDER BY listed.created_at, listed.id`,
})

/** The sessions of runs, by run, oldest first, including disposed ones. */
export async function listSessionsOfRuns(
  connection: Connection,
  runIds: readonly string[],
): Promise<Map<string, Session[]>> {
  const rows = await query(connection, SESSIONS, [runIds])
  return byOwner(rows.map(({ run_id, row }) => [run_id, row]))
}

import { type Connection, int, prepare, query } from '../../sql/statement.ts'

const COUNT = prepare({
  name: 'count-content-left',
  row: { entries: int, artifacts: int, requests: int },
  text: `
SELECT
  (SELECT count(*)::int FROM session s JOIN entry n ON n.session_id = s.id WHERE s.run_id = $1) AS entries,
  (SELECT count(*)::int FROM artifact f WHERE f.run_id = $1 AND f.content <> '') AS artifacts,
  (SELECT count(*)::int FROM event e WHERE e.run_id = $1 AND e.request IS NOT NULL AND NOT e.request ? $2) AS requests`,
})

/** Content beside the log of a run. */
export interface ContentLeft {
  /** Entries of transcripts. */
  readonly entries: number
  /** Artifacts that still have their content. */
  readonly artifacts: number
  /** Requests under idempotency keys that are kept whole. */
  readonly requests: number
}

/** Counts what content a run has beside its log.
 *
 * @param hashes the field of a kept request of which only hashes are kept
 */
export async function countContentLeft(
  connection: Connection,
  runId: string,
  hashes: string,
): Promise<ContentLeft> {
  const [row] = await query(connection, COUNT, [runId, hashes])
  return row ?? { entries: 0, artifacts: 0, requests: 0 }
}

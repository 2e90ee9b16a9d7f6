import type { SessionStatus } from '../../../lifecycle/run/enums.ts'
import { column, type Connection, int, prepare, query } from '../../sql/statement.ts'
import { entries, type Entry, entryColumns, FOUND_COLUMNS, toEntry } from './entries.ts'

/** The next entries of a transcript, and the status of its session at the same snapshot. */
export interface TranscriptPage {
  /** In order, without gaps; empty if the reader has all of them. */
  readonly entries: readonly Entry[]
  /** The number of the last existing entry; 0: none. */
  readonly lastSeq: number
  readonly status: SessionStatus
}

const READ = prepare({
  name: 'read-transcript',
  row: { status: column('session', 'status'), last_seq: int, ...FOUND_COLUMNS },
  text: `
SELECT s.status, s.next_entry - 1 AS last_seq, ${entryColumns('e')}
FROM session s LEFT JOIN LATERAL (${entries('session_id = s.id AND seq > $2::int', '$3::int')}) e ON true
WHERE s.id = $1
ORDER BY e.seq`,
})

/** Reads at most `limit` entries after a number, at one snapshot; null if the session does not exist. */
export async function readTranscript(
  connection: Connection,
  sessionId: string,
  after: number,
  limit: number,
): Promise<TranscriptPage | null> {
  const rows = await query(connection, READ, [sessionId, after, limit])
  const [first] = rows
  if (!first) return null
  return { entries: rows.flatMap(toEntry), lastSeq: first.last_seq, status: first.status }
}

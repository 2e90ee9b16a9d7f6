import { type Chunk, chunks } from './chunks.ts'
import type { SessionStatus } from '../../../lifecycle/run/words.ts'
import { column, type Connection, int, prepare, query } from '../../sql/statement.ts'

/** The next chunks of a transcript, and the status of its session at the same snapshot. */
export interface TranscriptPage {
  /** In order, without gaps; empty if the reader has all of them. */
  readonly chunks: readonly Chunk[]
  /** The number of the last existing chunk; 0: none. */
  readonly lastSeq: number
  readonly status: SessionStatus
}

const READ = prepare({
  name: 'read-transcript',
  row: {
    status: column('session', 'status'),
    last_seq: int,
    seq: column('chunk', 'seq'),
    text: column('chunk', 'text'),
    at: column('chunk', 'at'),
  },
  text: `
SELECT s.status, s.next_chunk - 1 AS last_seq, c.seq, c.text, c.at
FROM session s LEFT JOIN LATERAL (${chunks('s.id', '$2::int', '$3::int')}) c ON true
WHERE s.id = $1
ORDER BY c.seq`,
})

/** Reads at most `limit` chunks after a number, at one snapshot; null if the session does not exist. */
export async function readTranscript(
  connection: Connection,
  sessionId: string,
  after: number,
  limit: number,
): Promise<TranscriptPage | null> {
  const rows = await query(connection, READ, [sessionId, after, limit])
  const [first] = rows
  if (!first) return null
  return {
    chunks: rows.flatMap((row) => (row.seq === null ? [] : [{ seq: row.seq, text: row.text, at: row.at }])),
    lastSeq: first.last_seq,
    status: first.status,
  }
}

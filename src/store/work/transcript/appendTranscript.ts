import { insertInto } from '../../sql/columns.ts'
import { column, type Connection, int, prepare, query } from '../../sql/statement.ts'

/**
 * One guarded statement, without event or revision. The session's row is held while its fence and its cursor are
 * judged, so a superseded holder can't slip a chunk in. The run's row is held before it, because a decision changes the
 * run first and its sessions then: in the other order each could wait for the other. Chunks that are there already are
 * passed over.
 */
const APPEND = prepare({
  name: 'append-transcript',
  row: {
    fence: column('session', 'fence'),
    next: int,
  },
  text: `
WITH owning AS MATERIALIZED (
  SELECT r.id FROM run r WHERE r.id = (SELECT run_id FROM session WHERE id = $1) FOR NO KEY UPDATE
), held AS MATERIALIZED (
  SELECT s.id, s.run_id, s.fence, s.next_chunk FROM owning JOIN session s ON s.run_id = owning.id
  WHERE s.id = $1 FOR UPDATE OF s
), fresh AS (
  SELECT held.id, $3::int + c.place::int - 1 AS seq, c.text
  FROM held, unnest($4::text[]) WITH ORDINALITY AS c(text, place)
  WHERE held.fence = $2 AND $3::int <= held.next_chunk AND $3::int + c.place::int - 1 >= held.next_chunk
), added AS (
  ${insertInto('chunk', { session_id: 'id', seq: 'seq', text: 'text', at: 'clock_timestamp()' })} FROM fresh RETURNING seq
), moved AS (
  UPDATE session s SET next_chunk = held.next_chunk + (SELECT count(*) FROM fresh)
  FROM held WHERE s.id = held.id AND EXISTS (SELECT FROM fresh)
), active AS (
  UPDATE run r SET last_activity_at = greatest(r.last_activity_at, clock_timestamp())
  FROM held WHERE r.id = held.run_id AND r.settled_at IS NULL AND EXISTS (SELECT FROM fresh)
)
SELECT held.fence, held.next_chunk + (SELECT count(*) FROM added)::int AS next FROM held`,
})

/** Where a transcript stands after an append: whose session it is, and the number of its next chunk. */
export interface Appended {
  readonly fence: number
  readonly nextSeq: number
}

/**
 * Appends chunks from a number on. Chunks that were appended before are absorbed; a gap, or another fence, appends
 * nothing. Returns null where there is no such session.
 */
export async function appendTranscript(
  connection: Connection,
  sessionId: string,
  fence: number,
  fromSeq: number,
  chunks: readonly string[],
): Promise<Appended | null> {
  const [row] = await query(connection, APPEND, [sessionId, fence, fromSeq, chunks])
  return row ? { fence: row.fence, nextSeq: row.next } : null
}

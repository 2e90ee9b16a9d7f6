import { type Connection, type Prepared, run } from './openStore.ts'

/**
 * One guarded statement, without event or revision. The session's row is held while its fence and its cursor are
 * judged, so a superseded holder can't slip a chunk in. Chunks that are there already are passed over.
 */
const APPEND: Prepared = {
  name: 'append-transcript',
  text: `
WITH held AS MATERIALIZED (
  SELECT id, run_id, fence, next_chunk FROM session WHERE id = $1 FOR UPDATE
), fresh AS (
  SELECT held.id, $3::int + c.place::int - 1 AS seq, c.text
  FROM held, unnest($4::text[]) WITH ORDINALITY AS c(text, place)
  WHERE held.fence = $2 AND $3::int <= held.next_chunk AND $3::int + c.place::int - 1 >= held.next_chunk
), added AS (
  INSERT INTO chunk (session_id, seq, text, at) SELECT id, seq, text, clock_timestamp() FROM fresh RETURNING seq
), moved AS (
  UPDATE session s SET next_chunk = held.next_chunk + (SELECT count(*) FROM fresh)
  FROM held WHERE s.id = held.id AND EXISTS (SELECT FROM fresh)
), active AS (
  UPDATE run r SET last_activity_at = greatest(r.last_activity_at, clock_timestamp())
  FROM held WHERE r.id = held.run_id AND r.settled_at IS NULL AND EXISTS (SELECT FROM fresh)
)
SELECT held.fence, held.next_chunk + (SELECT count(*) FROM added)::int AS next FROM held`,
}

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
  type Row = { fence: number; next: number }
  const [row] = await run<Row>(connection, APPEND, [sessionId, fence, fromSeq, chunks])
  return row ? { fence: row.fence, nextSeq: row.next } : null
}

const READ: Prepared = {
  name: 'read-transcript',
  text: 'SELECT seq, text, at FROM chunk WHERE session_id = $1 AND seq > $2 ORDER BY seq LIMIT $3',
}

/** One chunk of a transcript. */
export interface Chunk {
  readonly seq: number
  readonly text: string
  readonly at: Date
}

/** A page of a transcript: the chunks after a number, in order. */
export function readTranscript(
  connection: Connection,
  sessionId: string,
  after: number,
  first: number,
): Promise<Chunk[]> {
  return run<Chunk>(connection, READ, [sessionId, after, first])
}

import type { SessionStatus } from '../../lifecycle/run/words.ts'
import { type Connection, type Prepared, query } from '../sql/openStore.ts'
import { groupByPlace } from '../sql/runPages.ts'

/**
 * One guarded statement, without event or revision. The session's row is held while its fence and its cursor are
 * judged, so a superseded holder can't slip a chunk in. The run's row is held before it, because a decision changes the
 * run first and its sessions then: in the other order each could wait for the other. Chunks that are there already are
 * passed over.
 */
const APPEND: Prepared = {
  name: 'append-transcript',
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
  const [row] = await query<Row>(connection, APPEND, [sessionId, fence, fromSeq, chunks])
  return row ? { fence: row.fence, nextSeq: row.next } : null
}

/** One chunk of a transcript. */
export interface Chunk {
  readonly seq: number
  readonly text: string
  readonly at: Date
}

/** How many bytes the chunks of one page hold together, but for the one that goes beyond. */
const PAGE_BYTES = 1_048_576

/** SQL for the chunks of a session after a number: at most so many, and no more than a page holds. */
const chunks = (sessionId: string, after: string, limit: string): string => `
  SELECT seq, text, at FROM (
    SELECT c.*, sum(octet_length(c.text)) OVER (ORDER BY c.seq) - octet_length(c.text) AS before FROM (
      SELECT seq, text, at FROM chunk WHERE session_id = ${sessionId} AND seq > ${after} ORDER BY seq LIMIT ${limit}
    ) c
  ) c WHERE c.before < ${PAGE_BYTES} ORDER BY seq`

const LIST: Prepared = {
  name: 'list-transcripts',
  text: `
SELECT asked.place::int AS place, c.seq, c.text, c.at
FROM unnest($1::text[], $2::int[], $3::int[]) WITH ORDINALITY AS asked(session_id, "after", first, place)
CROSS JOIN LATERAL (${chunks('asked.session_id', 'asked."after"', 'asked.first')}) c
ORDER BY asked.place, c.seq`,
}

/** A page of one transcript. */
export interface ChunksRequest {
  readonly sessionId: string
  /** The number of the last chunk that the reader has; 0: none. */
  readonly after: number
  readonly first: number
}

/** Pages of transcripts, in the order asked for. A page that is short need not be the last: an empty one is. */
export async function listTranscripts(
  connection: Connection,
  asked: readonly ChunksRequest[],
): Promise<Chunk[][]> {
  const rows = await query<Chunk & { place: number }>(connection, LIST, [
    asked.map(({ sessionId }) => sessionId),
    asked.map(({ after }) => after),
    asked.map(({ first }) => first),
  ])
  return groupByPlace(asked.length, rows)
}

/** The next chunks of a transcript, and how its session stood at the same snapshot. */
export interface TranscriptPage {
  /** In order, without gaps; empty where the reader has all there are. */
  readonly chunks: readonly Chunk[]
  /** The number of the last chunk there is; 0: none. */
  readonly lastSeq: number
  readonly status: SessionStatus
}

const READ: Prepared = {
  name: 'read-transcript',
  text: `
SELECT s.status, s.next_chunk - 1 AS last_seq, c.seq, c.text, c.at
FROM session s LEFT JOIN LATERAL (${chunks('s.id', '$2::int', '$3::int')}) c ON true
WHERE s.id = $1
ORDER BY c.seq`,
}

/** Reads at most `limit` chunks after a number, at one snapshot; null where there is no such session. */
export async function readTranscript(
  connection: Connection,
  sessionId: string,
  after: number,
  limit: number,
): Promise<TranscriptPage | null> {
  type Row = { status: SessionStatus; last_seq: number } & (Chunk | { seq: null })
  const rows = await query<Row>(connection, READ, [sessionId, after, limit])
  const [first] = rows
  if (!first) return null
  return {
    chunks: rows.flatMap((row) => (row.seq === null ? [] : [{ seq: row.seq, text: row.text, at: row.at }])),
    lastSeq: first.last_seq,
    status: first.status,
  }
}

import { column, type Connection, int, prepare, query } from '../../sql/statement.ts'
import { chunks, type Chunk } from './chunks.ts'
import { groupByPlace } from '../../sql/runPages.ts'

const LIST = prepare({
  name: 'list-transcripts',
  row: {
    place: int,
    seq: column('chunk', 'seq'),
    text: column('chunk', 'text'),
    at: column('chunk', 'at'),
  },
  text: `
SELECT asked.place::int AS place, c.seq, c.text, c.at
FROM unnest($1::text[], $2::int[], $3::int[]) WITH ORDINALITY AS asked(session_id, "after", first, place)
CROSS JOIN LATERAL (${chunks('asked.session_id', 'asked."after"', 'asked.first')}) c
ORDER BY asked.place, c.seq`,
})

/** A page of one transcript. */
export interface ChunksRequest {
  readonly sessionId: string
  /** The number of the last chunk that the reader has; 0: none. */
  readonly after: number
  readonly first: number
}

/** Pages of transcripts, in the order of the requests. A short page need not be the last; an empty one is. */
export async function listTranscripts(
  connection: Connection,
  asked: readonly ChunksRequest[],
): Promise<Chunk[][]> {
  const rows = await query(connection, LIST, [
    asked.map(({ sessionId }) => sessionId),
    asked.map(({ after }) => after),
    asked.map(({ first }) => first),
  ])
  return groupByPlace(asked.length, rows)
}

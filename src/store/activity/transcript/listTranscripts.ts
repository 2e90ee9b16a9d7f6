import type { EntryKind } from '../../../lifecycle/run/enums.ts'
import { type Connection, int, prepare, query } from '../../sql/statement.ts'
import { groupByPlace } from '../../sql/runPages.ts'
import { entries, type Entry, ENTRY_COLUMNS, entryColumns } from './entries.ts'

const LIST = prepare({
  name: 'list-transcripts',
  row: { place: int, ...ENTRY_COLUMNS },
  text: `
SELECT asked.place::int AS place, ${entryColumns('e')}
FROM unnest($1::text[], $2::int[], $3::int[], $4::text[]) WITH ORDINALITY AS asked(session_id, "after", first, kinds, place)
CROSS JOIN LATERAL (${entries('asked.session_id', 'asked."after"', 'asked.first', 'asked.kinds')}) e
ORDER BY asked.place, e.seq`,
})

/** A page of one transcript. */
export interface EntriesRequest {
  readonly sessionId: string
  /** The number of the last entry that the reader has; 0: none. */
  readonly after: number
  readonly first: number
  /** Only entries of these kinds; null: of all. */
  readonly kinds: readonly EntryKind[] | null
}

/** Pages of transcripts, in the order of the requests. A short page need not be the last; an empty one is. */
export async function listTranscripts(
  connection: Connection,
  asked: readonly EntriesRequest[],
): Promise<Entry[][]> {
  const rows = await query(connection, LIST, [
    asked.map(({ sessionId }) => sessionId),
    asked.map(({ after }) => after),
    asked.map(({ first }) => first),
    asked.map(({ kinds }) => kinds?.join(',') ?? null),
  ])
  return groupByPlace(asked.length, rows)
}

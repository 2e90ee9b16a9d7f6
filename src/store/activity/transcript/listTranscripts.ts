import type { EntryKind } from '../../../lifecycle/run/enums.ts'
import { type Connection, int, nullable, prepare, query, type RowOf } from '../../sql/statement.ts'
import { groupByPlace, PLACED_ROW, readFromBothEnds } from '../../sql/ownedPages.ts'
import { type Page, toPage } from '../../sql/page.ts'
import { entries, type Entry, entryColumns, FOUND_COLUMNS, toEntry } from './entries.ts'

/** A page of one transcript. */
export interface EntriesRequest {
  readonly sessionId: string
  readonly limit: number
  /** True: the last entries of the range; otherwise the first ones. */
  readonly fromEnd: boolean
  /** Only entries with a higher number. */
  readonly after: number
  /** Only entries with a lower number; null: up to the end. */
  readonly before: number | null
  /** Only entries of these kinds; null: of all. */
  readonly kinds: readonly EntryKind[] | null
}

const ROW = { ...PLACED_ROW, ...FOUND_COLUMNS, found: nullable(int) }

/** The entries of the session and the kinds that are asked for. */
const MEANT =
  "session_id = asked.session_id AND (asked.kinds IS NULL OR kind::text = ANY(string_to_array(asked.kinds, ',')))"

function prepareList(fromEnd: boolean) {
  const direction = fromEnd ? 'DESC' : 'ASC'
  const between = `${MEANT} AND seq > asked."after" AND (asked."before" IS NULL OR seq < asked."before")`
  return prepare({
    name: fromEnd ? 'list-transcripts-from-end' : 'list-transcripts',
    row: ROW,
    text: `
SELECT asked.place::int AS place,
  asked."after" > 0 AND EXISTS (SELECT FROM entry WHERE ${MEANT} AND seq <= asked."after") AS has_behind,
  asked."before" IS NOT NULL AND EXISTS (SELECT FROM entry WHERE ${MEANT} AND seq >= asked."before") AS has_ahead,
  ${entryColumns('e')}, e.found
FROM unnest($1::text[], $2::int[], $3::int[], $4::int[], $5::text[]) WITH ORDINALITY
  AS asked(session_id, "after", "before", many, kinds, place)
LEFT JOIN LATERAL (${entries(between, 'asked.many + 1', direction)}) e ON true
ORDER BY asked.place, e.seq ${direction}`,
  })
}

const FROM_START = prepareList(false)
const FROM_END = prepareList(true)

/** Pages of transcripts, in the order of the requests. A page that has grown large is short, and there is more. */
export function listTranscripts(
  connection: Connection,
  asked: readonly EntriesRequest[],
): Promise<Page<Entry>[]> {
  return readFromBothEnds(asked, async (some, fromEnd) => {
    const rows = await query(connection, fromEnd ? FROM_END : FROM_START, [
      some.map(({ sessionId }) => sessionId),
      some.map(({ after }) => after),
      some.map(({ before }) => before),
      some.map(({ limit }) => limit),
      some.map(({ kinds }) => kinds?.join(',') ?? null),
    ])
    const found = groupByPlace(some.length, rows)
    return some.map((page, index) => toEntries(page, found[index] ?? []))
  })
}

function toEntries(page: EntriesRequest, rows: readonly RowOf<typeof ROW>[]): Page<Entry> {
  const [first] = rows
  const read = rows.flatMap(toEntry)
  const isCut = (first?.found ?? 0) > read.length
  return toPage(read, page, {
    hasBehind: (first?.has_behind ?? false) || (isCut && page.fromEnd),
    hasAhead: (first?.has_ahead ?? false) || (isCut && !page.fromEnd),
  })
}

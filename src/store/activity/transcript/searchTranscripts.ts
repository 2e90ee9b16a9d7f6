import type { EntryKind } from '../../../lifecycle/run/enums.ts'
import { Prisma } from '../../generated/client.ts'
import { isAnyOf, type Visibility } from '../../run/runFilter.ts'
import {
  AROUND,
  isBetween,
  orderBy,
  type Page,
  type PageOrder,
  type PageRequest,
  readAround,
  selectAround,
  toPage,
} from '../../sql/page.ts'
import { column, type Connection, nullable, queryComposed, text as textColumn } from '../../sql/statement.ts'

/** What to look for, and where; a null field does not restrict. */
export interface TranscriptSearch {
  /** Part of what entries say; case-insensitive. */
  readonly text: string
  readonly runId: string | null
  readonly sessionId: string | null
  readonly kinds: readonly EntryKind[] | null
}

/** An entry that was found. */
export interface TranscriptMatch {
  readonly sessionId: string
  readonly seq: number
  readonly kind: EntryKind
  readonly at: Date
  /** What stands around the first place in the entry. */
  readonly excerpt: string
}

/** Characters of an excerpt, and those of them before the place. */
const EXCERPT = { length: 300, before: 100 } as const

/** What is searched of an entry, as the index `entry_text` has it. */
const SAID = Prisma.sql`(coalesce(e.title, '') || E'\n' || coalesce(e.text, ''))`

/** Entries of one instant are distinguished by session and number. */
const order: PageOrder = {
  column: Prisma.sql`e.at`,
  id: Prisma.sql`(e.session_id || '/' || lpad(e.seq::text, 10, '0'))`,
  newestFirst: true,
}

/** The id of an entry's position in the list of matches. */
export const matchId = ({ sessionId, seq }: Pick<TranscriptMatch, 'sessionId' | 'seq'>): string =>
  `${sessionId}/${String(seq).padStart(10, '0')}`

const ROW = {
  ...AROUND,
  session_id: nullable(column('entry', 'session_id')),
  seq: column('entry', 'seq'),
  kind: column('entry', 'kind'),
  at: column('entry', 'at'),
  excerpt: textColumn,
}

/** Searches the transcripts of the runs visible to a reader, newest first. */
export async function searchTranscripts(
  connection: Connection,
  search: TranscriptSearch,
  sight: Visibility,
  page: PageRequest,
): Promise<Page<TranscriptMatch>> {
  const from = Prisma.sql`FROM entry e JOIN session s ON s.id = e.session_id JOIN run r ON r.id = s.run_id
  WHERE ${where(search, sight)}`
  const start = Prisma.sql`greatest(1, strpos(lower(${SAID}), lower(${search.text}::text)) - ${EXCERPT.before}::int)`
  const listing = Prisma.sql`
SELECT ${selectAround([{ from, order }], page)}, found.* FROM (SELECT 1) AS always LEFT JOIN LATERAL (
  SELECT e.session_id, e.seq, e.kind, e.at, substr(${SAID}, ${start}, ${EXCERPT.length}::int) AS excerpt
  ${from} AND ${isBetween(order, page)}
  ${orderBy(order, page)} LIMIT ${page.limit + 1}
) found ON true`
  const rows = await queryComposed(connection, listing, ROW)
  const found = rows.flatMap(({ session_id: sessionId, seq, kind, at, excerpt }) =>
    sessionId === null ? [] : [{ sessionId, seq, kind, at, excerpt }],
  )
  return toPage(found, page, readAround(rows))
}

function where({ text, runId, sessionId, kinds }: TranscriptSearch, sight: Visibility): Prisma.Sql {
  const pattern = `%${text.replaceAll(/[\\%_]/g, '\\$&')}%`
  const all = [Prisma.sql`lower${SAID} LIKE lower(${pattern}::text)`]
  // Output is not in the index: across runs every transcript would be read.
  if (runId === null && sessionId === null && sight.runId === null) all.push(Prisma.sql`e.kind <> 'OUTPUT'`)
  if (runId !== null) all.push(Prisma.sql`r.id = ${runId}`)
  if (sessionId !== null) all.push(Prisma.sql`e.session_id = ${sessionId}`)
  if (kinds) all.push(Prisma.sql`e.kind::text = ANY(${kinds}::text[])`)
  if (sight.projects !== null) all.push(isAnyOf(Prisma.sql`r.project`, sight.projects, 'text'))
  if (sight.runId !== null) all.push(Prisma.sql`r.id = ${sight.runId}`)
  return Prisma.join(all, ' AND ')
}

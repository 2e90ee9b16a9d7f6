import { Prisma } from '../generated/client.ts'
import { type Page, toPage } from '../sql/page.ts'
import { type Connection, queryComposed, text } from '../sql/statement.ts'

/** Which part of the list of projects to read; as a PageRequest, by name. */
export interface ProjectPageRequest {
  readonly limit: number
  readonly fromEnd: boolean
  readonly after: string | null
  readonly before: string | null
}

/**
 * The names of projects, in their order: those that a reader is limited to, otherwise those that have runs or workflows of their own.
 *
 * @param projects what the reader is limited to; null: nothing
 */
export async function listProjects(
  connection: Connection,
  projects: readonly string[] | null,
  page: ProjectPageRequest,
): Promise<Page<string>> {
  const { limit, fromEnd, after, before } = page
  const direction = Prisma.raw(fromEnd ? 'DESC' : 'ASC')
  const known = projects
    ? Prisma.sql`SELECT unnest(${projects}::text[]) AS name`
    : Prisma.sql`(${selectUsed(page)}) UNION SELECT w.project FROM workflow w WHERE w.project IS NOT NULL`
  const listing = Prisma.sql`
SELECT p.name FROM (${known}) p
WHERE (${after}::text IS NULL OR p.name > ${after}) AND (${before}::text IS NULL OR p.name < ${before})
GROUP BY p.name ORDER BY p.name ${direction} LIMIT ${limit + 1}`
  const rows = await queryComposed(connection, listing, { name: text })
  // the project of a cursor is taken to be there still
  return toPage(
    rows.map(({ name }) => name),
    page,
    { hasBehind: after !== null, hasAhead: before !== null },
  )
}

/** The projects that have runs: each is the next one in the index, so that its runs are not read. */
function selectUsed({ limit, fromEnd, after, before }: ProjectPageRequest): Prisma.Sql {
  const start = fromEnd ? before : after
  const beyond = Prisma.raw(fromEnd ? '<' : '>')
  const direction = Prisma.raw(fromEnd ? 'DESC' : 'ASC')
  const first = start === null ? Prisma.sql`true` : Prisma.sql`r.project ${beyond} ${start}`
  return Prisma.sql`
WITH RECURSIVE used AS (
  (SELECT r.project AS name FROM run r WHERE ${first} ORDER BY r.project ${direction} LIMIT 1)
  UNION ALL
  SELECT (SELECT r.project FROM run r WHERE r.project ${beyond} u.name ORDER BY r.project ${direction} LIMIT 1)
  FROM used u WHERE u.name IS NOT NULL
)
SELECT u.name FROM used u WHERE u.name IS NOT NULL LIMIT ${limit + 1}`
}

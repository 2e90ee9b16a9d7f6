import { encodeFeedCursor, FEED_CURSOR, type FeedCursor } from '../feed/feedCursor.ts'
import { Prisma } from '../generated/client.ts'
import { type LoadedRun, toLoaded } from './loadRun.ts'
import type { Store } from '../sql/openStore.ts'
import {
  bigint,
  bool,
  type Connection,
  json,
  moment,
  nullable,
  queryComposed,
  type RowOf,
} from '../sql/statement.ts'
import {
  AROUND,
  orderBy,
  isBetween,
  type Page,
  type PageRequest,
  type PageOrder,
  type Position,
  readAround,
  selectAround,
  toPage,
} from '../sql/page.ts'
import {
  areVersionsUnchanged,
  resolveFilter,
  settlementOf,
  type RunFilter,
  type Visibility,
  whereRuns,
} from './runFilter.ts'
import { LOADED_ROW } from '../rows/runRows.ts'
import { selectPresent } from '../rows/selectWork.ts'

/** What runs can be ordered by. */
export const RUN_ORDER_FIELDS = ['CREATED', 'ACTIVITY'] as const

/** The order of a list of runs. */
export interface RunOrder {
  readonly field: (typeof RUN_ORDER_FIELDS)[number]
  readonly newestFirst: boolean
}

/** A run in a list, with its position. */
export interface ListedRun {
  readonly loaded: LoadedRun
  readonly place: Position
}

/** A page of runs, and the cursor at which the feed continues after it. */
export interface RunPage extends Page<ListedRun> {
  readonly feedCursor: string
}

/** What to list. */
export interface RunsRequest {
  readonly filter: RunFilter
  readonly sight: Visibility
  readonly order: RunOrder
  readonly page: PageRequest
}

const id = Prisma.sql`r.id`
const creation = Prisma.sql`r.created_at`
const activity = Prisma.sql`r.last_activity_at`
const settling = Prisma.sql`r.settled_at`

/**
 * The parts of an order, which are merged: each has its own index or is small. The activity of a settled run is when it
 * settled: an index on the time of activity would make every lease renewal expensive.
 */
function partsOf({ field, newestFirst }: RunOrder, filter: RunFilter): readonly Part[] {
  const by = (column: Prisma.Sql, only: Prisma.Sql): Part => ({ order: { column, id, newestFirst }, only })
  if (field === 'CREATED') return [by(creation, Prisma.sql`true`)]
  const { active, settled } = settlementOf(filter)
  const parts: Part[] = []
  // a part that cannot contain a match is not scanned
  if (active || !settled) parts.push(by(activity, Prisma.sql`r.settled_at IS NULL`))
  if (settled) parts.push(by(settling, Prisma.sql`r.settled_at IS NOT NULL`))
  return parts
}

interface Part {
  readonly order: PageOrder
  readonly only: Prisma.Sql
}

/**
 * Lists runs with what belongs to them, the cursor of their feed, and whether there are more on either side. One
 * statement reads all of it at one snapshot.
 */
export async function listRuns(connection: Connection, store: Store, asked: RunsRequest): Promise<RunPage> {
  const { sight, order, page } = asked
  const filter = await resolveFilter(connection, asked.filter)
  const where = whereRuns(filter, sight)
  const parts = partsOf(order, filter)
  const listings = parts.map((part) => ({
    ...part,
    from: Prisma.sql`FROM run r WHERE ${part.only} AND ${where}`,
  }))
  const listing = Prisma.sql`
SELECT ${Prisma.raw(FEED_CURSOR)} AS feed_cursor, clock_timestamp() AS clock,
  ${areVersionsUnchanged(filter)} AS is_whole,
  ${selectAround(listings, page)},
  listed.*
FROM (SELECT 1) AS always
LEFT JOIN LATERAL (
  SELECT k.at AS place_at, k.turn, ${Prisma.raw(selectPresent('NULL'))}
  FROM (${keys(parts, where, page)}) k JOIN run r ON r.id = k.id
) listed ON true
ORDER BY listed.turn`
  const rows = await queryComposed(connection, listing, LISTED_ROW)
  const [first] = rows
  if (!first?.feed_cursor) throw new Error('the database was not migrated: it has no installation')
  // the feed continues from this snapshot, so the page must not lack runs of a version registered after the look-up
  if (!first.is_whole) return listRuns(connection, store, asked)
  const listed = rows.filter((row) => row.place_at !== null)
  const items = await Promise.all(listed.map((row) => toListed(store, row)))
  return {
    ...toPage(items, page, readAround(rows)),
    feedCursor: await encodeFeedCursor(store, first.feed_cursor, connection),
  }
}

const LISTED_ROW = {
  feed_cursor: json<FeedCursor | null>(),
  clock: moment,
  is_whole: bool,
  ...AROUND,
  place_at: nullable(moment),
  turn: nullable(bigint),
  ...LOADED_ROW,
}

async function toListed(store: Store, row: RowOf<typeof LISTED_ROW>): Promise<ListedRun> {
  const loaded = await toLoaded(store, row)
  return { loaded, place: { at: row.place_at?.getTime() ?? 0, id: loaded.run.id } }
}

/**
 * Minimum number of positions to read, even for a smaller page. With a smaller limit, the planner prefers to scan all
 * runs in order, hoping for an early match, over looking up those that match.
 */
const MIN_READ = 50

/** Ids and positions of a page, one row more than requested, numbered in the order they are read. */
function keys(parts: readonly Part[], where: Prisma.Sql, page: PageRequest): Prisma.Sql {
  const selects = parts.map(
    ({ order: part, only }) => Prisma.sql`
    (SELECT r.id, ${part.column} AS at FROM run r WHERE ${only} AND ${where} AND ${isBetween(part, page)}
    ${orderBy(part, page)} LIMIT ${Math.max(page.limit, MIN_READ) + 1})`,
  )
  const newestFirst = parts.every((part) => part.order.newestFirst)
  const merged: PageOrder = { column: Prisma.sql`m.at`, id: Prisma.sql`m.id`, newestFirst }
  const turn = orderBy(merged, page)
  return Prisma.sql`SELECT m.id, m.at, row_number() OVER (${turn}) AS turn
    FROM (${Prisma.join(selects, ' UNION ALL ')}) m ${turn} LIMIT ${page.limit + 1}`
}

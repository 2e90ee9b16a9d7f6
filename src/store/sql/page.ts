import { Prisma } from '../generated/client.ts'
import { bool, type RowOf } from './statement.ts'

/** A position in a list ordered by time, with ties broken by id. */
export interface Position {
  /** In milliseconds since 1970. */
  readonly at: number
  readonly id: string
}

/** Which part of a list to read. */
export interface PageRequest {
  /** Maximum number of items. */
  readonly limit: number
  /** True: the last items of the range; otherwise the first ones. */
  readonly fromEnd: boolean
  /** Only items after this position, in the order of the list. */
  readonly after: Position | null
  /** Only items before this position, in the order of the list. */
  readonly before: Position | null
}

/** One page, in the order of the list. */
export interface Page<Item> {
  readonly items: readonly Item[]
  readonly hasPrevious: boolean
  readonly hasNext: boolean
}

/** The column that a list is ordered by, and the direction. */
export interface PageOrder {
  readonly column: Prisma.Sql
  readonly id: Prisma.Sql
  readonly newestFirst: boolean
}

/** The condition for rows between the requested positions. */
export function isBetween(order: PageOrder, { after, before }: PageRequest): Prisma.Sql {
  const bounds = [Prisma.sql`true`]
  if (after) bounds.push(isBeyond(order, after))
  if (before) bounds.push(isBeyond({ ...order, newestFirst: !order.newestFirst }, before))
  return Prisma.join(bounds, ' AND ')
}

/** The condition for rows after a position in the list. */
export function isBeyond({ column, id, newestFirst }: PageOrder, place: Position): Prisma.Sql {
  const sign = newestFirst ? Prisma.raw('<') : Prisma.raw('>')
  return Prisma.sql`(${column}, ${id}) ${sign} (${toTime(place)}, ${place.id}::text)`
}

/** The condition for rows at or before a position in the list. */
function isUpTo({ column, id, newestFirst }: PageOrder, place: Position): Prisma.Sql {
  const sign = newestFirst ? Prisma.raw('>=') : Prisma.raw('<=')
  return Prisma.sql`(${column}, ${id}) ${sign} (${toTime(place)}, ${place.id}::text)`
}

/** The condition for rows at or after a position in the list. */
function isFrom(order: PageOrder, place: Position): Prisma.Sql {
  return isUpTo({ ...order, newestFirst: !order.newestFirst }, place)
}

/** The condition for the row at a position. */
function isAt({ column, id }: PageOrder, place: Position): Prisma.Sql {
  return Prisma.sql`(${column}, ${id}) = (${toTime(place)}, ${place.id}::text)`
}

/** A list or a part of one: `FROM …` with its condition, and its order. */
export interface Listing {
  readonly from: Prisma.Sql
  readonly order: PageOrder
}

/**
 * Whether any row of a list, given by its parts, lies on the other side of a position that bounds a page. The row that
 * the position was taken from nearly always still exists and is checked first, which avoids a search for a distant row.
 */
function existsPast(
  parts: readonly Listing[],
  place: Position | null,
  lies: (order: PageOrder, place: Position) => Prisma.Sql,
): Prisma.Sql {
  if (!place) return Prisma.sql`false`
  const found = [isAt, lies].flatMap((condition) =>
    parts.map(({ from, order }) => Prisma.sql`EXISTS (SELECT ${from} AND ${condition(order, place)})`),
  )
  return Prisma.sql`(${Prisma.join(found, ' OR ')})`
}

/** The columns of `selectAround`. */
export const AROUND = { has_behind: bool, has_ahead: bool }

/** SQL that selects whether rows of a list, given by its parts, precede a page, and whether some follow it. */
export function selectAround(parts: readonly Listing[], { after, before }: PageRequest): Prisma.Sql {
  return Prisma.sql`${existsPast(parts, after, isUpTo)} AS has_behind, ${existsPast(parts, before, isFrom)} AS has_ahead`
}

/** What `selectAround` has found, which is the same in every row of a page. */
export function readAround([first]: readonly RowOf<typeof AROUND>[]): Around {
  return { hasBehind: first?.has_behind ?? false, hasAhead: first?.has_ahead ?? false }
}

/** `ORDER BY` in the direction that a page is read in. */
export function orderBy({ column, id, newestFirst }: PageOrder, { fromEnd }: PageRequest): Prisma.Sql {
  const direction = newestFirst === fromEnd ? Prisma.raw('ASC') : Prisma.raw('DESC')
  return Prisma.sql`ORDER BY ${column} ${direction}, ${id} ${direction}`
}

/** Whether there are rows before and after the bounds of a page. */
interface Around {
  readonly hasBehind: boolean
  readonly hasAhead: boolean
}

/** Builds a page from up to one row more than requested, in the direction of reading. */
export function toPage<Item>(
  read: readonly Item[],
  { limit, fromEnd }: Pick<PageRequest, 'limit' | 'fromEnd'>,
  around: Around,
): Page<Item> {
  const items = read.slice(0, limit)
  const hasMore = read.length > limit
  return fromEnd
    ? { items: items.toReversed(), hasPrevious: hasMore || around.hasBehind, hasNext: around.hasAhead }
    : { items, hasPrevious: around.hasBehind, hasNext: hasMore || around.hasAhead }
}

function toTime({ at }: Position): Prisma.Sql {
  return Prisma.sql`${new Date(at).toISOString()}::timestamptz`
}

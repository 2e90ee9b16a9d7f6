import { Prisma } from '../generated/client.ts'

/** A place in a list that is ordered by time, and by id among what is of one time. */
export interface Position {
  /** In milliseconds since 1970. */
  readonly at: number
  readonly id: string
}

/** Which part of a list to read. */
export interface PageRequest {
  /** How many, at most. */
  readonly limit: number
  /** True: the last ones of what is asked for, else the first ones. */
  readonly fromEnd: boolean
  /** Only what comes after this place, in the order of the list. */
  readonly after: Position | null
  /** Only what comes before this place, in the order of the list. */
  readonly before: Position | null
}

/** One page, in the order of the list. */
export interface Page<Item> {
  readonly items: readonly Item[]
  readonly hasPrevious: boolean
  readonly hasNext: boolean
}

/** The column of a list's order, and its direction. */
export interface PageOrder {
  readonly column: Prisma.Sql
  readonly id: Prisma.Sql
  readonly newestFirst: boolean
}

/** The condition on rows that lie between the places asked for. */
export function isBetween(order: PageOrder, { after, before }: PageRequest): Prisma.Sql {
  const bounds = [Prisma.sql`true`]
  if (after) bounds.push(isBeyond(order, after))
  if (before) bounds.push(isBeyond({ ...order, newestFirst: !order.newestFirst }, before))
  return Prisma.join(bounds, ' AND ')
}

/** The condition on rows that come later in the list than a place. */
export function isBeyond({ column, id, newestFirst }: PageOrder, place: Position): Prisma.Sql {
  const sign = newestFirst ? Prisma.raw('<') : Prisma.raw('>')
  return Prisma.sql`(${column}, ${id}) ${sign} (${toTime(place)}, ${place.id}::text)`
}

/** The condition on rows that stand at a place, or come earlier in the list. */
export function isUpTo({ column, id, newestFirst }: PageOrder, place: Position): Prisma.Sql {
  const sign = newestFirst ? Prisma.raw('>=') : Prisma.raw('<=')
  return Prisma.sql`(${column}, ${id}) ${sign} (${toTime(place)}, ${place.id}::text)`
}

/** The condition on the row that stands at a place. */
function isAt({ column, id }: PageOrder, place: Position): Prisma.Sql {
  return Prisma.sql`(${column}, ${id}) = (${toTime(place)}, ${place.id}::text)`
}

/** A list, or a part of one: `FROM …` with its condition, and the order it is in. */
export interface Listing {
  readonly from: Prisma.Sql
  readonly order: PageOrder
}

/**
 * Whether any row of a list, given by its parts, lies on the other side of a place that a page begins or ends at. Nearly
 * always the row that the place was taken from is still there: then no other is looked for, which might be far away.
 */
export function existsPast(
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

/** `ORDER BY` in the direction that a page is read in. */
export function orderBy({ column, id, newestFirst }: PageOrder, { fromEnd }: PageRequest): Prisma.Sql {
  const direction = newestFirst === fromEnd ? Prisma.raw('ASC') : Prisma.raw('DESC')
  return Prisma.sql`ORDER BY ${column} ${direction}, ${id} ${direction}`
}

/** Makes a page of one row more than was asked for, read in the direction of reading. */
export function toPage<Item>(
  read: readonly Item[],
  { limit, fromEnd }: PageRequest,
  around: { readonly hasBehind: boolean; readonly hasAhead: boolean },
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

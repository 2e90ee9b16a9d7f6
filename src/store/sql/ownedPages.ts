import { bool, type Connection, int, json, prepare, query } from './statement.ts'
import { type Page, type PageRequest, type Position, toPage } from './page.ts'

/** A page of the rows that belong to one row, newest first. */
export interface OwnedPageRequest extends PageRequest {
  /** The id of the row that they belong to. */
  readonly ownerId: string
}

/** A list of rows by the row that they belong to. */
export interface OwnedList {
  /** The table with its alias, and what is joined: `execution x`. */
  readonly from: string
  /** The column with the id of the owning row: `x.run_id`. */
  readonly owner: string
  /** The column to order by. */
  readonly at: string
  /** The column that breaks ties. */
  readonly id: string
  /** A further condition. */
  readonly and?: string
}

/** The columns of `around` in the answer of a statement, and the number of the request that a row answers, from 1. */
export const PLACED_ROW = { place: int, has_behind: bool, has_ahead: bool }

/**
 * The parts of a statement that reads pages of several lists at once, in the values $1 to $6 of `toPageValues`.
 *
 * @param fromEnd true: the last rows of each range, from the last one on
 */
export function composePages({ from, owner, at, id, and = 'true' }: OwnedList, fromEnd: boolean) {
  const place = `(${at}, ${id})`
  const direction = fromEnd ? 'ASC' : 'DESC'
  const exists = (condition: string) =>
    `EXISTS (SELECT FROM ${from} WHERE ${owner} = asked.owner_id AND ${and} AND ${condition})`
  return {
    /** The columns `PLACED_ROW`. */
    around: `asked.place::int AS place,
  asked.after_at IS NOT NULL AND ${exists(`${place} >= (asked.after_at, asked.after_id)`)} AS has_behind,
  asked.before_at IS NOT NULL AND ${exists(`${place} <= (asked.before_at, asked.before_id)`)} AS has_ahead`,
    /** What is asked for, to select from. */
    asked: `unnest($1::text[], $2::timestamptz[], $3::text[], $4::timestamptz[], $5::text[], $6::int[])
  WITH ORDINALITY AS asked(owner_id, after_at, after_id, before_at, before_id, many, place)`,
    /** The rows of one page and one more, from `FROM` on. */
    rows: `FROM ${from}
  WHERE ${owner} = asked.owner_id AND ${and}
    AND (asked.after_at IS NULL OR ${place} < (asked.after_at, asked.after_id))
    AND (asked.before_at IS NULL OR ${place} > (asked.before_at, asked.before_id))
  ORDER BY ${at} ${direction}, ${id} ${direction} LIMIT asked.many + 1`,
    direction,
  }
}

/** The values $1 to $6 of a statement that is made of `composePages`. */
export function toPageValues(asked: readonly OwnedPageRequest[]): unknown[] {
  const times = (places: readonly (Position | null)[]) =>
    places.map((place) => (place ? new Date(place.at).toISOString() : null))
  const afters = asked.map(({ after }) => after)
  const befores = asked.map(({ before }) => before)
  return [
    asked.map(({ ownerId }) => ownerId),
    times(afters),
    afters.map((place) => place?.id ?? null),
    times(befores),
    befores.map((place) => place?.id ?? null),
    asked.map(({ limit }) => limit),
  ]
}

/** Sends requests from the start of their lists and those from the end by a statement each, and answers in their order. */
export async function readFromBothEnds<Asked extends { readonly fromEnd: boolean }, Found>(
  asked: readonly Asked[],
  read: (some: readonly Asked[], fromEnd: boolean) => Promise<readonly Found[]>,
): Promise<Found[]> {
  const readSome = async (fromEnd: boolean): Promise<readonly (readonly [Asked, Found])[]> => {
    const some = asked.filter((page) => page.fromEnd === fromEnd)
    if (some.length === 0) return []
    const found = await read(some, fromEnd)
    return some.flatMap((page, index) => {
      const answer = found[index]
      return answer === undefined ? [] : [[page, answer] as const]
    })
  }
  const answers = new Map([...(await readSome(false)), ...(await readSome(true))])
  return asked.flatMap((page) => answers.get(page) ?? [])
}

/** How rows that belong to another are listed. */
interface Listed {
  /** Name of the statements. */
  readonly name: string
  /** The table with the alias that `json` uses: `execution x`. */
  readonly table: `${string} ${string}`
  /** Columns of a row as JSON. */
  readonly json: string
  /** The column to order by; the id breaks ties. */
  readonly at: string
  /** The column with the id of the owning row; default: `run_id`. */
  readonly below?: string
}

/** Prepares the listing of pages of several rows' own at once; the pages are returned in the order of the requests. */
export function prepareOwnedPages<Row>({ name, table, json: columns, at, below = 'run_id' }: Listed) {
  const [, of] = table.split(' ')
  const list = { from: table, owner: `${of}.${below}`, at: `${of}.${at}`, id: `${of}.id` }
  const prepareFrom = (fromEnd: boolean) => {
    const { around, asked, rows, direction } = composePages(list, fromEnd)
    return prepare({
      name: fromEnd ? `${name}-from-end` : name,
      row: { ...PLACED_ROW, row: json<Row | null>() },
      text: `
SELECT ${around}, listed.row
FROM ${asked}
LEFT JOIN LATERAL (
  SELECT ${columns} AS row, ${list.at} AS at, ${list.id} ${rows}
) listed ON true
ORDER BY asked.place, listed.at ${direction}, listed.id ${direction}`,
    })
  }
  const fromStart = prepareFrom(false)
  const fromItsEnd = prepareFrom(true)
  return (connection: Connection, asked: readonly OwnedPageRequest[]): Promise<Page<Row>[]> =>
    readFromBothEnds(asked, async (some, fromEnd) => {
      const rows = await query(connection, fromEnd ? fromItsEnd : fromStart, toPageValues(some))
      const found = groupByPlace(some.length, rows)
      return some.map((page, index) => toOwnedPage(page, found[index] ?? [], ({ row }) => row))
    })
}

/** Builds a page of its rows, which are in the direction of reading; a row without an item says only what is around. */
export function toOwnedPage<Row extends { readonly has_behind: boolean; readonly has_ahead: boolean }, Item>(
  asked: PageRequest,
  rows: readonly Row[],
  itemOf: (row: Row) => Item | null,
): Page<Item> {
  const items = rows.flatMap((row) => itemOf(row) ?? [])
  const [first] = rows
  return toPage(items, asked, { hasBehind: first?.has_behind ?? false, hasAhead: first?.has_ahead ?? false })
}

/** Groups rows by the request they answer; `place` is the request's position, counted from 1. */
export function groupByPlace<Found extends { readonly place: number }>(
  many: number,
  rows: readonly Found[],
): Found[][] {
  const places: Found[][] = Array.from({ length: many }, () => [])
  for (const row of rows) places[row.place - 1]?.push(row)
  return places
}

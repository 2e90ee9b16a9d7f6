import { bool, type Connection, int, json, prepare, query } from './statement.ts'
import { type Page, type PageRequest, type Position, toPage } from './page.ts'

/** A page of rows that belong to one run, newest first. */
export interface RunPageRequest {
  readonly runId: string
  /** Only rows after this position, which are older. */
  readonly after: Position | null
  /** Maximum number of rows. */
  readonly limit: number
}

/** How rows that belong to a run are listed. */
interface Listed {
  /** Name of the statement. */
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

/**
 * Prepares a statement that lists pages of several runs at once; the pages are returned in the order of the requests.
 */
export function preparePages<Row>({ name, table, json: columns, at, below = 'run_id' }: Listed) {
  const [, of] = table.split(' ')
  const place = `(${of}.${at}, ${of}.id)`
  const statement = prepare({
    name,
    row: { place: int, has_behind: bool, row: json<Row | null>() },
    text: `
SELECT asked.place::int AS place, asked.at IS NOT NULL AND EXISTS (
    SELECT FROM ${table} WHERE ${of}.${below} = asked.run_id AND ${place} >= (asked.at, asked.id)
  ) AS has_behind, listed.row
FROM unnest($1::text[], $2::timestamptz[], $3::text[], $4::int[]) WITH ORDINALITY AS asked(run_id, at, id, many, place)
LEFT JOIN LATERAL (
  SELECT ${columns} AS row, ${of}.${at} AS at, ${of}.id FROM ${table}
  WHERE ${of}.${below} = asked.run_id AND (asked.at IS NULL OR ${place} < (asked.at, asked.id))
  ORDER BY ${of}.${at} DESC, ${of}.id DESC LIMIT asked.many + 1
) listed ON true
ORDER BY asked.place, listed.at DESC, listed.id DESC`,
  })
  return async (connection: Connection, asked: readonly RunPageRequest[]): Promise<Page<Row>[]> => {
    const rows = await query(connection, statement, toValues(asked))
    const found = groupByPlace(asked.length, rows)
    return asked.map((page, index) => toPageOf(page, found[index] ?? []))
  }
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

function toValues(asked: readonly RunPageRequest[]): unknown[] {
  return [
    asked.map(({ runId }) => runId),
    asked.map(({ after }) => (after ? new Date(after.at).toISOString() : null)),
    asked.map(({ after }) => after?.id ?? null),
    asked.map(({ limit }) => limit),
  ]
}

function toPageOf<Row>(
  { limit }: RunPageRequest,
  rows: readonly { readonly row: Row | null; readonly has_behind: boolean }[],
): Page<Row> {
  const items = rows.flatMap(({ row }) => (row ? [row] : []))
  const page: PageRequest = { limit, fromEnd: false, after: null, before: null }
  return toPage(items, page, { hasBehind: rows[0]?.has_behind ?? false, hasAhead: false })
}

import { bool, type Connection, int, json, prepare, query } from './statement.ts'
import { type Page, type PageRequest, type Position, toPage } from './page.ts'

/** A page of what hangs below one run, the newest first. */
export interface RunPageRequest {
  readonly runId: string
  /** Only what comes after this place: what is older. */
  readonly after: Position | null
  /** How many, at most. */
  readonly limit: number
}

/** What hangs below a run, as it is listed. */
interface Listed {
  /** Name of the statement. */
  readonly name: string
  /** The table with the alias that `json` uses: `execution x`. */
  readonly table: `${string} ${string}`
  /** Columns of a row as JSON. */
  readonly json: string
  /** The column of the order, whose ties the id breaks. */
  readonly at: string
  /** The column with the id of what it hangs below; default: that of a run. */
  readonly below?: string
}

/** Prepares to list pages of several runs by one statement: they come in the order asked for. */
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

/** What was found for each of so many questions, by its `place` among them, which counts from 1. */
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

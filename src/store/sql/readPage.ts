import { Prisma } from '../generated/client.ts'
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
} from './page.ts'
import { bool, type Connection, nullable, queryComposed, type RowOf, type RowShape } from './statement.ts'

/** What is read besides the row of each item. */
const BESIDE = { ...AROUND, is_there: nullable(bool) }

/** What is shown of each row: columns as SQL, and their types. */
interface Shown<Shape extends RowShape> {
  readonly shown: string
  readonly row: Shape
}

/** Reads one page of a list, and whether rows precede and follow it, in one statement. `from` includes the condition. */
export async function readPage<Shape extends RowShape>(
  connection: Connection,
  order: PageOrder,
  page: PageRequest,
  from: Prisma.Sql,
  { shown, row }: Shown<Shape>,
): Promise<Page<RowOf<Shape>>> {
  const listing = Prisma.sql`
SELECT ${selectAround([{ from, order }], page)}, listed.* FROM (SELECT 1) AS always LEFT JOIN LATERAL (
  SELECT true AS is_there, ${Prisma.raw(shown)} ${from} AND ${isBetween(order, page)}
  ${orderBy(order, page)} LIMIT ${page.limit + 1}
) listed ON true`
  const rows = await queryComposed(connection, listing, { ...row, ...BESIDE })
  const beside: RowOf<typeof BESIDE>[] = rows
  const found = rows.filter((_, index) => beside[index]?.is_there !== null)
  return toPage(found, page, readAround(beside))
}

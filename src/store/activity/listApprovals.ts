import type { Approval } from '../../lifecycle/run/run.ts'
import type { ApprovalStatus } from '../../lifecycle/run/enums.ts'
import type { OwnedRow } from './findWork.ts'
import { Prisma } from '../generated/client.ts'
import { column, type Connection, json, nullable, queryComposed } from '../sql/statement.ts'
import {
  AROUND,
  orderBy,
  isBetween,
  type Page,
  type PageRequest,
  type PageOrder,
  readAround,
  selectAround,
  toPage,
} from '../sql/page.ts'
import { isAnyOf, type Visibility } from '../run/runFilter.ts'
import { APPROVAL_JSON } from '../rows/selectWork.ts'

/** Which approvals to list; a null field does not restrict. */
export interface ApprovalFilter {
  readonly statuses: readonly ApprovalStatus[] | null
}

const order: PageOrder = { column: Prisma.sql`v.requested_at`, id: Prisma.sql`v.id`, newestFirst: true }

const ROW = {
  ...AROUND,
  run_id: nullable(column('approval', 'run_id')),
  row: json<Approval | null>(),
}

/** Lists the approvals of the runs visible to a reader, newest first. */
export async function listApprovals(
  connection: Connection,
  filter: ApprovalFilter,
  sight: Visibility,
  page: PageRequest,
): Promise<Page<OwnedRow<Approval>>> {
  const from = Prisma.sql`FROM approval v WHERE ${where(filter, sight)}`
  const listing = Prisma.sql`
SELECT ${selectAround([{ from, order }], page)}, listed.* FROM (SELECT 1) AS always LEFT JOIN LATERAL (
  SELECT v.run_id, ${Prisma.raw(APPROVAL_JSON)} AS row ${from} AND ${isBetween(order, page)}
  ${orderBy(order, page)} LIMIT ${page.limit + 1}
) listed ON true`
  const rows = await queryComposed(connection, listing, ROW)
  const found = rows.flatMap(({ run_id: runId, row }) => (runId !== null && row ? [{ runId, row }] : []))
  return toPage(found, page, readAround(rows))
}

function where({ statuses }: ApprovalFilter, { projects, runId }: Visibility): Prisma.Sql {
  const all = [Prisma.sql`true`]
  if (projects !== null) all.push(isAnyOf(Prisma.sql`v.project`, projects, 'text'))
  if (runId !== null) all.push(Prisma.sql`v.run_id = ${runId}`)
  if (statuses) all.push(isAnyOf(Prisma.sql`v.status`, statuses, 'approval_status'))
  return Prisma.join(all, ' AND ')
}

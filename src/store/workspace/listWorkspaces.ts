import type {
  OperationKind,
  OperationStatus,
  WorkspaceOperation,
  WorkspaceStatus,
} from '../../lifecycle/workspace/workspace.ts'
import { Prisma } from '../generated/client.ts'
import { type Connection, json } from '../sql/statement.ts'
import type { Page, PageOrder, PageRequest } from '../sql/page.ts'
import { readPage } from '../sql/readPage.ts'
import { prepareOwnedPages } from '../sql/ownedPages.ts'
import type { Visibility } from '../run/runFilter.ts'
import { OPERATION_JSON } from '../rows/selectWorkspace.ts'
import { type LoadedWorkspace, SHOWN, SHOWN_ROW, toLoadedWorkspace } from './loadedWorkspace.ts'

/** Which workspaces to list; a null field does not restrict. */
export interface WorkspaceFilter {
  readonly host: string | null
  readonly project: string | null
  readonly statuses: readonly WorkspaceStatus[] | null
}

/** Which operations to list; a null field does not restrict. */
export interface OperationFilter {
  readonly host: string | null
  readonly workspaceId: string | null
  readonly kinds: readonly OperationKind[] | null
  readonly statuses: readonly OperationStatus[] | null
}

const byCreation: PageOrder = { column: Prisma.sql`w.created_at`, id: Prisma.sql`w.id`, newestFirst: true }
const byRequest: PageOrder = { column: Prisma.sql`o.requested_at`, id: Prisma.sql`o.id`, newestFirst: true }

/** Lists the workspaces that are visible to a reader, newest first. */
export async function listWorkspaces(
  connection: Connection,
  { host, project, statuses }: WorkspaceFilter,
  sight: Visibility,
  page: PageRequest,
): Promise<Page<LoadedWorkspace>> {
  const where = [isSeen(sight)]
  if (host !== null) where.push(Prisma.sql`w.host = ${host}`)
  if (project !== null) where.push(Prisma.sql`w.project = ${project}`)
  if (statuses) where.push(Prisma.sql`w.status = ANY(${statuses}::workspace_status[])`)
  const from = Prisma.sql`FROM workspace w WHERE ${Prisma.join(where, ' AND ')}`
  const read = await readPage(connection, byCreation, page, from, { shown: SHOWN, row: SHOWN_ROW })
  return { ...read, items: read.items.map(toLoadedWorkspace) }
}

/** Lists the operations of the workspaces that are visible to a reader, newest first. */
export async function listWorkspaceOperations(
  connection: Connection,
  { host, workspaceId, kinds, statuses }: OperationFilter,
  sight: Visibility,
  page: PageRequest,
): Promise<Page<WorkspaceOperation>> {
  const where = [isSeen(sight)]
  if (host !== null) where.push(Prisma.sql`w.host = ${host}`)
  if (workspaceId !== null) where.push(Prisma.sql`o.workspace_id = ${workspaceId}`)
  if (kinds) where.push(Prisma.sql`o.kind = ANY(${kinds}::workspace_operation_kind[])`)
  if (statuses) where.push(Prisma.sql`o.status = ANY(${statuses}::workspace_operation_status[])`)
  const from = Prisma.sql`FROM workspace_operation o JOIN workspace w ON w.id = o.workspace_id WHERE ${Prisma.join(where, ' AND ')}`
  const read = await readPage(connection, byRequest, page, from, {
    shown: `${OPERATION_JSON} AS operation`,
    row: { operation: json<WorkspaceOperation>() },
  })
  return { ...read, items: read.items.map(({ operation }) => operation) }
}

/** The condition on `workspace w` for what a reader may see: an agent sees only that of its own run. */
function isSeen({ projects, runId }: Visibility): Prisma.Sql {
  const own =
    runId === null
      ? Prisma.sql`true`
      : Prisma.sql`EXISTS (SELECT FROM workspace_run l WHERE l.workspace_id = w.id AND l.run_id = ${runId})`
  return projects === null ? own : Prisma.sql`${own} AND w.project = ANY(${projects}::text[])`
}

/** Pages of the operations of workspaces, in the order of the requests. */
export const listOperationsOfWorkspaces = prepareOwnedPages<WorkspaceOperation>({
  name: 'list-operations-of-workspaces',
  table: 'workspace_operation o',
  json: OPERATION_JSON,
  at: 'requested_at',
  below: 'workspace_id',
})

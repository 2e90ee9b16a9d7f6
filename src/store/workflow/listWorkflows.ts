import type { Store } from '../sql/openStore.ts'
import { type Page, toPage } from '../sql/page.ts'
import type { StoredWorkflow } from '../sql/workflowCache.ts'

/** A position in the list of workflows. */
export interface WorkflowPosition {
  readonly name: string
  readonly version: number
  readonly id: string
}

/** Which part of the list of workflows to read; as a PageRequest. */
export interface WorkflowPageRequest {
  readonly limit: number
  readonly fromEnd: boolean
  readonly after: WorkflowPosition | null
  readonly before: WorkflowPosition | null
}

/**
 * Every version of the workflows that the projects may start, their own and the installation's: ordered by name,
 * newest version first.
 *
 * @param projects null: every project
 */
export async function listWorkflows(
  store: Store,
  projects: readonly string[] | null,
  page: WorkflowPageRequest,
): Promise<Page<StoredWorkflow>> {
  const visible = projects ? { OR: [{ project: null }, { project: { in: [...projects] } }] } : {}
  const after = page.after ? beyond(page.after, 'gt', 'lt') : {}
  const before = page.before ? beyond(page.before, 'lt', 'gt') : {}
  const [up, down] = page.fromEnd ? (['desc', 'asc'] as const) : (['asc', 'desc'] as const)
  const rows = await store.prisma.workflow.findMany({
    where: { AND: [visible, after, before] },
    orderBy: [{ name: up }, { version: down }, { id: up }],
    take: page.limit + 1,
  })
  // workflows are never deleted: that of a position is still there
  return toPage(
    rows.map(({ createdAt, ...row }) => store.workflows.keep({ ...row, created_at: createdAt })),
    page,
    { hasBehind: page.after !== null, hasAhead: page.before !== null },
  )
}

/** The condition for workflows on one side of a position. */
function beyond({ name, version, id }: WorkflowPosition, up: 'gt' | 'lt', down: 'gt' | 'lt') {
  return {
    OR: [
      { name: { [up]: name } },
      { name, version: { [down]: version } },
      { name, version, id: { [up]: id } },
    ],
  }
}

import type { Store } from '../sql/openStore.ts'
import type { StoredWorkflow } from '../sql/workflowCache.ts'

/** A position in the list of workflows. */
export interface WorkflowPosition {
  readonly name: string
  readonly version: number
  readonly id: string
}

/**
 * Every version of the workflows that the projects may start, their own and the installation's, after a position:
 * ordered by name, newest version first.
 *
 * @param projects null: every project
 */
export async function listWorkflows(
  store: Store,
  projects: readonly string[] | null,
  after: WorkflowPosition | null,
  limit: number,
): Promise<StoredWorkflow[]> {
  const visible = projects ? { OR: [{ project: null }, { project: { in: [...projects] } }] } : {}
  const later = after
    ? {
        OR: [
          { name: { gt: after.name } },
          { name: after.name, version: { lt: after.version } },
          { name: after.name, version: after.version, id: { gt: after.id } },
        ],
      }
    : {}
  const rows = await store.prisma.workflow.findMany({
    where: { AND: [visible, later] },
    orderBy: [{ name: 'asc' }, { version: 'desc' }, { id: 'asc' }],
    take: limit,
  })
  return rows.map((row) => store.workflows.keep(row))
}

/** The workflows with these ids, in any order; unknown ids are left out. */
export async function findWorkflows(store: Store, ids: readonly string[]): Promise<StoredWorkflow[]> {
  const rows = await store.prisma.workflow.findMany({ where: { id: { in: [...ids] } } })
  return rows.map((row) => store.workflows.keep(row))
}

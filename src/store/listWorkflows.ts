import type { Store } from './openStore.ts'
import type { StoredWorkflow } from './workflowCache.ts'

/** A place in the list of workflows. */
export interface WorkflowPlace {
  readonly name: string
  readonly version: number
}

/** Every version of every workflow by name, the newest version first, from after a place. */
export async function listWorkflows(
  store: Store,
  after: WorkflowPlace | null,
  limit: number,
): Promise<StoredWorkflow[]> {
  const rows = await store.prisma.workflow.findMany({
    where: after
      ? { OR: [{ name: { gt: after.name } }, { name: after.name, version: { lt: after.version } }] }
      : {},
    orderBy: [{ name: 'asc' }, { version: 'desc' }],
    take: limit,
  })
  return rows.map((row) => store.workflows.keep(row))
}

/** The workflows with these ids, in any order; ids that name nothing are left out. */
export async function findWorkflows(store: Store, ids: readonly string[]): Promise<StoredWorkflow[]> {
  const rows = await store.prisma.workflow.findMany({ where: { id: { in: [...ids] } } })
  return rows.map((row) => store.workflows.keep(row))
}

import type { WorkflowDefinition } from '../lifecycle/workflow.ts'
import type { Prisma } from './generated/client.ts'
import { type Prepared, run, type Store } from './openStore.ts'
import type { StoredWorkflow } from './workflowCache.ts'

const FIND: Prepared = {
  name: 'find-workflow',
  text: `
SELECT id, name, version, definition, created_at FROM workflow
WHERE name = $1 AND ($2::int IS NULL OR version = $2)
ORDER BY version DESC LIMIT 1`,
}

type WorkflowRow = Omit<StoredWorkflow, 'definition' | 'createdAt'> & {
  definition: unknown
  created_at: Date
}

/** The workflow with this name, the newest where no version is named; null where there is none. */
export async function findWorkflow(
  store: Store,
  name: string,
  version: number | null,
): Promise<StoredWorkflow | null> {
  const [row] = await run<WorkflowRow>(store.pool, FIND, [name, version])
  if (!row) return null
  const { created_at: createdAt, ...workflow } = row
  return store.workflows.keep({ ...workflow, createdAt })
}

/** The names of all workflows. */
export async function listWorkflowNames(store: Store): Promise<string[]> {
  const rows = await store.prisma.workflow.findMany({
    distinct: ['name'],
    select: { name: true },
    orderBy: { name: 'asc' },
  })
  return rows.map(({ name }) => name)
}

/** Keeps a definition under its name and version, or returns the one that is there already. */
export async function insertWorkflow(
  store: Store,
  id: string,
  definition: WorkflowDefinition,
): Promise<{ workflow: StoredWorkflow; created: boolean }> {
  const { name, version } = definition
  const data = { id, name, version, definition: definition as unknown as Prisma.InputJsonObject }
  await store.prisma.workflow.createMany({ data, skipDuplicates: true })
  const row = await store.prisma.workflow.findUniqueOrThrow({ where: { name_version: { name, version } } })
  return { workflow: store.workflows.keep(row), created: row.id === id }
}

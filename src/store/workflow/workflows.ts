import type { WorkflowDefinition } from '../../lifecycle/workflow/workflow.ts'
import type { Prisma } from '../generated/client.ts'
import type { IdempotencyKey } from '../sql/idempotencyKey.ts'
import type { Store } from '../sql/openStore.ts'
import { column, prepare, query } from '../sql/statement.ts'
import type { StoredWorkflow } from '../sql/workflowCache.ts'

/** SQL that resolves a name to the project's own workflow, or else the installation's, in the newest version unless one is given. */
export function selectWorkflow(
  columns: string,
  of: { readonly name: string; readonly version: string; readonly project: string },
): string {
  return `
SELECT ${columns} FROM workflow w
WHERE w.name = ${of.name} AND (${of.version}::int IS NULL OR w.version = ${of.version}) AND (w.project = ${of.project} OR w.project IS NULL)
ORDER BY w.project IS NULL, w.version DESC LIMIT 1`
}

const FIND = prepare({
  name: 'find-workflow',
  row: {
    id: column('workflow', 'id'),
    project: column('workflow', 'project'),
    name: column('workflow', 'name'),
    version: column('workflow', 'version'),
    definition: column('workflow', 'definition'),
    created_at: column('workflow', 'created_at'),
  },
  text: selectWorkflow('w.id, w.project, w.name, w.version, w.definition, w.created_at', {
    name: '$1',
    version: '$2',
    project: '$3',
  }),
})

/** The workflow that a project requests by name. */
export interface WorkflowRequest {
  readonly project: string
  readonly name: string
  /** Null: the newest. */
  readonly version: number | null
}

/** Resolves a name to a workflow, as `selectWorkflow`; null if there is none. */
export async function findWorkflow(
  store: Store,
  { project, name, version }: WorkflowRequest,
): Promise<StoredWorkflow | null> {
  const [row] = await query(store.pool, FIND, [name, version, project])
  if (!row) return null
  const { created_at: createdAt, ...workflow } = row
  return store.workflows.keep({ ...workflow, createdAt })
}

/** The names of the workflows that a project may start. */
export async function listWorkflowNames(store: Store, project: string): Promise<string[]> {
  const rows = await store.prisma.workflow.findMany({
    where: { OR: [{ project }, { project: null }] },
    distinct: ['name'],
    select: { name: true },
    orderBy: { name: 'asc' },
  })
  return rows.map(({ name }) => name)
}

/** A workflow to store. */
export interface NewWorkflow {
  readonly id: string
  readonly project: string | null
  readonly definition: WorkflowDefinition
  /** The key of the request that registers it; null: it has none. */
  readonly key?: Omit<IdempotencyKey, 'operation'> | null
}

/** Stores a definition under its owner, name and version, or returns the one that already exists under them or under the key. */
export async function insertWorkflow(
  store: Store,
  { id, project, definition, key = null }: NewWorkflow,
): Promise<{ workflow: StoredWorkflow; created: boolean }> {
  const { name, version } = definition
  const kept = key && { keyScope: key.scope, key: key.key, request: key.request as Prisma.InputJsonValue }
  const data = { id, project, name, version, definition: definition as unknown as Prisma.InputJsonObject }
  await store.prisma.workflow.createMany({ data: { ...data, ...kept }, skipDuplicates: true })
  const taken = [{ project, name, version }, ...(key ? [{ keyScope: key.scope, key: key.key }] : [])]
  const row = await store.prisma.workflow.findFirstOrThrow({ where: { OR: taken } })
  return { workflow: store.workflows.keep(row), created: row.id === id }
}

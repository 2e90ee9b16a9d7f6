import type { WorkflowDefinition } from '../../lifecycle/workflow/workflow.ts'
import type { IdempotencyKey } from '../sql/idempotencyKey.ts'
import type { Store } from '../sql/openStore.ts'
import { prepare, query } from '../sql/statement.ts'
import { type StoredWorkflow, WORKFLOW_COLUMNS, WORKFLOW_ROW } from '../sql/workflowCache.ts'

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
  row: WORKFLOW_ROW,
  text: selectWorkflow(WORKFLOW_COLUMNS, {
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
  return row ? store.workflows.keep(row) : null
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

const INSERT = prepare({
  name: 'insert-workflow',
  row: {},
  text: `
INSERT INTO workflow (id, project, name, version, definition, key_scope, key, request)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING`,
})

const FIND_TAKEN = prepare({
  name: 'find-taken-workflow',
  row: WORKFLOW_ROW,
  text: `
SELECT ${WORKFLOW_COLUMNS} FROM workflow w
WHERE (w.project IS NOT DISTINCT FROM $1 AND w.name = $2 AND w.version = $3) OR (w.key_scope = $4 AND w.key = $5) LIMIT 1`,
})

/** Stores a definition under its owner, name and version, or returns the one that already exists under them or under the key. */
export async function insertWorkflow(
  store: Store,
  { id, project, definition, key = null }: NewWorkflow,
): Promise<{ workflow: StoredWorkflow; created: boolean }> {
  const { name, version } = definition
  const kept = key ? [key.scope, key.key] : [null, null]
  const request = key && JSON.stringify(key.request)
  const data = [id, project, name, version, JSON.stringify(definition), ...kept, request]
  await query(store.pool, INSERT, data)
  const [row] = await query(store.pool, FIND_TAKEN, [project, name, version, ...kept])
  if (!row) throw new Error(`workflow ${name} version ${version} was not stored`)
  return { workflow: store.workflows.keep(row), created: row.id === id }
}

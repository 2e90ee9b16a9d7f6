import type { Json } from '../../lifecycle/run/run.ts'
import type { Store } from '../sql/openStore.ts'
import { json, prepare, query } from '../sql/statement.ts'
import { type StoredWorkflow, WORKFLOW_COLUMNS, WORKFLOW_ROW } from '../sql/workflowCache.ts'

const FIND_KEY = prepare({
  name: 'find-workflow-key',
  row: { ...WORKFLOW_ROW, request: json<Json>() },
  text: `SELECT ${WORKFLOW_COLUMNS}, w.request FROM workflow w WHERE w.key_scope = $1 AND w.key = $2`,
})

/** The workflow that was registered under an idempotency key, and the request that did; null if none was. */
export async function findWorkflowKey(
  store: Store,
  scope: string,
  key: string,
): Promise<{ readonly workflow: StoredWorkflow; readonly request: Json } | null> {
  const [row] = await query(store.pool, FIND_KEY, [scope, key])
  if (!row) return null
  const { request, ...workflow } = row
  return { workflow: store.workflows.keep(workflow), request }
}

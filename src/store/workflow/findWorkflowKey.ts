import type { Json } from '../../lifecycle/run/run.ts'
import type { Store } from '../sql/openStore.ts'
import type { StoredWorkflow } from '../sql/workflowCache.ts'

/** The workflow that was registered under an idempotency key, and the request that did; null if none was. */
export async function findWorkflowKey(
  store: Store,
  scope: string,
  key: string,
): Promise<{ readonly workflow: StoredWorkflow; readonly request: Json } | null> {
  const row = await store.prisma.workflow.findFirst({ where: { keyScope: scope, key } })
  return row && { workflow: store.workflows.keep(row), request: row.request as Json }
}

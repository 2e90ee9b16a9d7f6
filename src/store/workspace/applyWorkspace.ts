import type { Json } from '../../lifecycle/run/run.ts'
import type { GivenResult } from '../../lifecycle/workspace/workspaceResults.ts'
import {
  needsIdle,
  type PresentWorkspace,
  type WorkspaceOperation,
} from '../../lifecycle/workspace/workspace.ts'
import { column, type Connection, prepare, query } from '../sql/statement.ts'
import { insertInto, insertRows, columnsOf, toRow } from '../sql/columns.ts'
import { OPERATION_COLUMNS, runWorksIn } from '../rows/selectWorkspace.ts'

/** What applying a decision about a workspace writes. */
export interface WorkspaceChange {
  readonly before: PresentWorkspace
  readonly after: PresentWorkspace
  /** Operations that are new or changed. */
  readonly operations: readonly WorkspaceOperation[]
  /** The result of one of them. */
  readonly told: { readonly operationId: string; readonly result: GivenResult } | null
  readonly key: {
    readonly operation: string
    readonly key: string
    readonly operationId: string | null
    readonly request: Json
  } | null
}

/**
 * The columns that a decision writes: the identifying columns never change, and runs are counted when they are linked.
 */
const WRITTEN = columnsOf('workspace', [
  'id',
  'project',
  'host',
  'kind',
  'path',
  'repository',
  'branch',
  'base_commit',
  'run_count',
  'created_at',
])

/**
 * The one statement that changes a workspace, guarded by the revision that the decision was based on and, for
 * operations that need an idle workspace, by the absence of working runs: a run's change does not raise the workspace's
 * revision.
 */
const APPLY = prepare({
  name: 'apply-workspace',
  row: {
    id: column('workspace', 'id'),
  },
  text: `
WITH guard AS (
  UPDATE workspace w SET
    ${WRITTEN.names.map((column) => `${column} = n.${column}`).join(', ')}
  FROM jsonb_populate_record(NULL::workspace, $3::jsonb) n
  WHERE w.id = $1 AND w.revision = $2 AND NOT ($5::boolean AND ${runWorksIn('w.id')})
  RETURNING w.id, w.project
), operations AS (
  ${insertRows(columnsOf('workspace_operation'), 'n')} FROM guard, jsonb_populate_recordset(NULL::workspace_operation, $4::jsonb) n
  ON CONFLICT (id) DO UPDATE SET
    force = EXCLUDED.force, status = EXCLUDED.status, attempt = EXCLUDED.attempt, expires_at = EXCLUDED.expires_at,
    worker = EXCLUDED.worker, started_by_id = EXCLUDED.started_by_id, started_at = EXCLUDED.started_at, deadline_at = EXCLUDED.deadline_at,
    ended_at = EXCLUDED.ended_at, result = EXCLUDED.result, patch = EXCLUDED.patch, error = EXCLUDED.error
), superseded AS (
  UPDATE workspace_operation o SET patch = NULL FROM guard
  WHERE $6::text IS NOT NULL AND o.workspace_id = guard.id AND o.kind = 'DIFF' AND o.id <> $6 AND o.patch IS NOT NULL
), kept AS (
  ${insertInto('workspace_key', {
    key: '$7',
    operation: '$8',
    scope: 'guard.project',
    workspace_id: 'guard.id',
    operation_id: '$9',
    request: '$10::jsonb',
  })} FROM guard WHERE $7::text IS NOT NULL
)
SELECT id FROM guard`,
})

/**
 * Applies a decision about a workspace, completely or not at all. Returns false if a concurrent change came first: the
 * caller must decide again.
 *
 * @throws the violation of `workspace_key_pkey` if a concurrent request used the key
 */
export async function applyWorkspace(
  connection: Connection,
  { before, after, operations, told, key }: WorkspaceChange,
): Promise<boolean> {
  const rows = operations.map((operation) => toOperationRow(operation, told))
  const goesOn = (operation: WorkspaceOperation) => needsIdle(operation.kind) && operation.endedAt === null
  const patched = rows.some(({ patch }) => patch !== null) ? told : null
  const applied = await query(connection, APPLY, [
    before.id,
    before.revision,
    JSON.stringify(toWorkspaceRow(after)),
    JSON.stringify(rows),
    operations.some(goesOn),
    patched?.operationId ?? null,
    key?.key ?? null,
    key?.operation ?? null,
    key?.operationId ?? null,
    key ? JSON.stringify(key.request) : null,
  ])
  return applied.length === 1
}

function toWorkspaceRow({ preview, ...workspace }: PresentWorkspace) {
  return toRow(WRITTEN, {
    ...workspace,
    previewStatus: preview.status,
    previewUrl: preview.url,
    previewStartedAt: preview.startedAt,
    previewError: preview.error,
  })
}

function toOperationRow(operation: WorkspaceOperation, told: WorkspaceChange['told']) {
  const result = toResult(told?.operationId === operation.id ? told.result : null)
  return { ...toRow(OPERATION_COLUMNS, operation), ...result }
}

/** Splits a result into what is reported and the patch of a diff, which is read separately. */
function toResult(given: GivenResult | null): { result: object | null; patch: string | null } {
  if (!given) return { result: null, patch: null }
  const { diff, merge, preview } = given
  if (!diff) return { result: merge || preview ? { merge, preview } : null, patch: null }
  const { patch, ...rest } = diff
  return { result: { diff: rest }, patch }
}

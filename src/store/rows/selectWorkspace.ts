import { columnsOf, ms, selectObject } from '../sql/columns.ts'

/**
 * SQL that selects workspaces as JSON, in the shapes of the lifecycle's `PresentWorkspace` and `WorkspaceOperation`.
 */

/** The columns of an operation that the lifecycle rules use; its result is read separately. */
export const OPERATION_COLUMNS = columnsOf('workspace_operation', ['result', 'patch'])

/** An operation `o` as JSON, without its result. */
export const OPERATION_JSON = selectObject(OPERATION_COLUMNS, 'o')

/** The condition for operations in flight, as in the index that finds them. */
export const IN_FLIGHT = `o.status IN ('REQUESTED', 'STARTED')`

/** A run that works in its workspace: not settled, or not yet released by its owner. */
const IS_AT_WORK = '(r.settled_at IS NULL OR r.lease_owner IS NOT NULL)'

/** The condition that a run works in the workspace with the given id. */
export const runWorksIn = (workspaceId: string): string =>
  `EXISTS (SELECT FROM workspace_run l JOIN run r ON r.id = l.run_id WHERE l.workspace_id = ${workspaceId} AND ${IS_AT_WORK})`

const newestRun = (which: string): string =>
  `(SELECT jsonb_build_object('id', r.id, 'status', r.status) FROM workspace_run l JOIN run r ON r.id = l.run_id
    WHERE l.workspace_id = w.id AND ${which} ORDER BY r.created_at DESC, r.id DESC LIMIT 1)`

/** The preview is a separate object. */
const WORKSPACE_COLUMNS = columnsOf('workspace', [
  'preview_status',
  'preview_url',
  'preview_started_at',
  'preview_error',
])

/** A workspace `w` as JSON, with what the lifecycle rules use of its runs, and its operations in flight. */
export const WORKSPACE_JSON = selectObject(
  WORKSPACE_COLUMNS,
  'w',
  `'preview', jsonb_build_object('status', w.preview_status, 'url', w.preview_url,
    'startedAt', ${ms('w.preview_started_at')}, 'error', w.preview_error)`,
  `'newestRun', ${newestRun('true')}`,
  `'activeRun', ${newestRun(IS_AT_WORK)}`,
  `'inFlight', (SELECT coalesce(jsonb_agg(${OPERATION_JSON} ORDER BY o.requested_at, o.id), '[]')
    FROM workspace_operation o WHERE o.workspace_id = w.id AND ${IN_FLIGHT})`,
)

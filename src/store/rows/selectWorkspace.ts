import { columnsOf, ms, selectObject } from '../sql/columns.ts'

/** SQL that selects workspaces as JSON, in the shapes of the lifecycle's `PresentWorkspace` and `WorkspaceOperation`. */

/** The columns of an operation that rules look at; what it came to is read by itself. */
export const OPERATION_COLUMNS = columnsOf('workspace_operation', ['result', 'patch'])

/** An operation `o` as JSON, without what it came to. */
export const OPERATION_JSON = selectObject(OPERATION_COLUMNS, 'o')

/** What is in flight: the condition of the index that finds it. */
export const IN_FLIGHT = `o.status IN ('REQUESTED', 'STARTED')`

/** A run that works in its workspace: not settled, or held by an owner that has not let go yet. */
const IS_AT_WORK = '(r.settled_at IS NULL OR r.lease_owner IS NOT NULL)'

/** The condition that a run works in the workspace whose id is given. */
export const runWorksIn = (workspaceId: string): string =>
  `EXISTS (SELECT FROM workspace_run l JOIN run r ON r.id = l.run_id WHERE l.workspace_id = ${workspaceId} AND ${IS_AT_WORK})`

const newestRun = (which: string): string =>
  `(SELECT jsonb_build_object('id', r.id, 'status', r.status) FROM workspace_run l JOIN run r ON r.id = l.run_id
    WHERE l.workspace_id = w.id AND ${which} ORDER BY r.created_at DESC, r.id DESC LIMIT 1)`

/** The preview is an object of its own. */
const WORKSPACE_COLUMNS = columnsOf('workspace', [
  'preview_status',
  'preview_url',
  'preview_started_at',
  'preview_error',
])

/** A workspace `w` as JSON, with its runs as far as rules look at them, and its operations in flight. */
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

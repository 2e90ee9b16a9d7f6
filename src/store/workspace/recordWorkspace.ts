import { insertInto } from '../sql/columns.ts'
import type { Json } from '../../lifecycle/run/run.ts'
import { isTakenBy, type WorkspacePlace } from '../../lifecycle/workspace/workspace.ts'
import { bool, column, type Connection, prepare, query } from '../sql/statement.ts'
import { findWorkspaceId } from './findWorkspaceId.ts'

/** A directory to record for a run. */
export interface WorkspaceToRecord {
  /** Id of the new workspace, if the directory has none yet. */
  readonly id: string
  readonly runId: string
  readonly project: string
  readonly place: WorkspacePlace
  readonly key: { readonly key: string; readonly request: Json } | null
}

/** The result of recording: the workspace, or the other workspace that holds this directory. */
export type Recorded =
  | { readonly workspaceId: string; readonly created: boolean }
  | { readonly takenBy: string }

/**
 * No index prevents a worktree from also being a plain directory of another project, so an advisory lock serializes the
 * recording of a path.
 */
const LOCK_PLACE = prepare({
  name: 'lock-workspace-place',
  row: { locked: bool },
  text: `SELECT true AS locked FROM pg_advisory_xact_lock(hashtextextended($1 || chr(10) || $2, 0))`,
})

const FIND_PLACE = prepare({
  name: 'find-workspace-place',
  row: {
    id: column('workspace', 'id'),
    project: column('workspace', 'project'),
    host: column('workspace', 'host'),
    path: column('workspace', 'path'),
    kind: column('workspace', 'kind'),
    repository: column('workspace', 'repository'),
    branch: column('workspace', 'branch'),
    baseCommit: column('workspace', 'base_commit'),
  },
  text: `
SELECT id, project, host, path, kind, repository, branch, base_commit AS "baseCommit" FROM workspace
WHERE host = $1 AND path = $2 AND status = 'READY' ORDER BY id FOR UPDATE`,
})

const INSERT = prepare({
  name: 'insert-workspace',
  row: {},
  text: `
${insertInto('workspace', {
  id: '$1',
  project: '$2',
  host: '$3',
  kind: '$4::workspace_kind',
  path: '$5',
  repository: '$6',
  branch: '$7',
  base_commit: '$8',
  status: `'READY'::workspace_status`,
  revision: '1',
  run_count: '1',
  preview_status: `'STOPPED'::preview_status`,
  created_at: 'clock_timestamp()',
})}`,
})

/** Counts a run in or out on the row itself, so that concurrent changes add up. */
const COUNT = prepare({
  name: 'count-workspace-runs',
  row: {},
  text: 'UPDATE workspace SET run_count = run_count + $2, revision = revision + 1 WHERE id = $1',
})

const LINK = prepare({
  name: 'link-workspace',
  row: {},
  text: `
${insertInto('workspace_run', { run_id: '$1', workspace_id: '$2' })}
ON CONFLICT (run_id) DO UPDATE SET workspace_id = EXCLUDED.workspace_id`,
})

const KEEP = prepare({
  name: 'keep-workspace-key',
  row: {},
  text: `
${insertInto('workspace_key', {
  key: '$1',
  operation: `'recordWorkspace'`,
  scope: 'project',
  workspace_id: 'id',
  request: '$3::jsonb',
  created: '$4::boolean',
})} FROM workspace WHERE id = $2`,
})

/**
 * Records the directory that a run works in: a new workspace, or the current one of the same directory. Call it in a
 * transaction that holds the run's row; a workspace that the run had before must be a removed one.
 *
 * @throws the violation of `workspace_key_pkey` if a concurrent request used the key
 */
export async function recordWorkspace(
  connection: Connection,
  { id, runId, project, place, key }: WorkspaceToRecord,
): Promise<Recorded> {
  const { host, kind, path, repository, branch, baseCommit } = place
  await query(connection, LOCK_PLACE, [host, path])
  const present = await query(connection, FIND_PLACE, [host, path])
  const taken = present.find((one) => isTakenBy({ ...place, project }, one))
  if (taken) return { takenBy: taken.id }
  const found = present.find((one) => one.project === project)
  if (found) await query(connection, COUNT, [found.id, 1])
  else await query(connection, INSERT, [id, project, host, kind, path, repository, branch, baseCommit])
  const workspaceId = found?.id ?? id
  const before = await findWorkspaceId(connection, runId)
  await query(connection, LINK, [runId, workspaceId])
  if (before !== null) await query(connection, COUNT, [before, -1])
  if (key) await query(connection, KEEP, [key.key, workspaceId, JSON.stringify(key.request), !found])
  return { workspaceId, created: !found }
}

/** Stores the key of a request that found its run's workspace already recorded. */
export async function keepWorkspaceKey(
  connection: Connection,
  workspaceId: string,
  { key, request }: NonNullable<WorkspaceToRecord['key']>,
): Promise<void> {
  await query(connection, KEEP, [key, workspaceId, JSON.stringify(request), false])
}

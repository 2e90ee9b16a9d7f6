import type { Json } from '../../lifecycle/run/run.ts'
import { isTakenBy, type WorkspacePlace } from '../../lifecycle/workspace/workspace.ts'
import { type Connection, type Prepared, query } from '../sql/openStore.ts'
import { findWorkspaceId } from './findWorkspaceId.ts'

/** A directory to record for a run. */
export interface WorkspaceToRecord {
  /** Id of the workspace, where there is none of this directory. */
  readonly id: string
  readonly runId: string
  readonly project: string
  readonly place: WorkspacePlace
  readonly key: { readonly key: string; readonly request: Json } | null
}

/** What recording came to: the workspace, or the other one that has this directory. */
export type Recorded =
  | { readonly workspaceId: string; readonly created: boolean }
  | { readonly takenBy: string }

/** No index says that a worktree is no plain directory of another project: so one records a path at a time. */
const LOCK_PLACE: Prepared = {
  name: 'lock-workspace-place',
  text: `SELECT pg_advisory_xact_lock(hashtextextended($1 || chr(10) || $2, 0))`,
}

const FIND_PLACE: Prepared = {
  name: 'find-workspace-place',
  text: `
SELECT id, project, host, path, kind, repository, branch, base_commit AS "baseCommit" FROM workspace
WHERE host = $1 AND path = $2 AND status = 'READY' ORDER BY id FOR UPDATE`,
}

const INSERT: Prepared = {
  name: 'insert-workspace',
  text: `
INSERT INTO workspace (id, project, host, kind, path, repository, branch, base_commit, status, revision, run_count,
  preview_status, created_at)
VALUES ($1, $2, $3, $4::workspace_kind, $5, $6, $7, $8, 'READY', 1, 1, 'STOPPED', clock_timestamp())`,
}

/** Counts a run in, or out: on the row, so that it is right whoever was first. */
const COUNT: Prepared = {
  name: 'count-workspace-runs',
  text: 'UPDATE workspace SET run_count = run_count + $2, revision = revision + 1 WHERE id = $1',
}

const LINK: Prepared = {
  name: 'link-workspace',
  text: `
INSERT INTO workspace_run (run_id, workspace_id) VALUES ($1, $2)
ON CONFLICT (run_id) DO UPDATE SET workspace_id = EXCLUDED.workspace_id`,
}

const KEEP: Prepared = {
  name: 'keep-workspace-key',
  text: `
INSERT INTO workspace_key (key, operation, scope, workspace_id, request, created)
SELECT $1, 'recordWorkspace', project, id, $3::jsonb, $4 FROM workspace WHERE id = $2`,
}

/**
 * Records the directory that a run works in: a new workspace, or the present one of the same directory. To be called in a
 * transaction that holds the run's row; what workspace the run had before is one that was removed.
 * Throws the violation of `workspace_key_pkey` where somebody was first.
 */
export async function recordWorkspace(
  connection: Connection,
  { id, runId, project, place, key }: WorkspaceToRecord,
): Promise<Recorded> {
  const { host, kind, path, repository, branch, baseCommit } = place
  await query(connection, LOCK_PLACE, [host, path])
  type Found = WorkspacePlace & { id: string; project: string }
  const present = await query<Found>(connection, FIND_PLACE, [host, path])
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

/** Keeps the key of a request that found its run's workspace recorded already. */
export async function keepWorkspaceKey(
  connection: Connection,
  workspaceId: string,
  { key, request }: NonNullable<WorkspaceToRecord['key']>,
): Promise<void> {
  await query(connection, KEEP, [key, workspaceId, JSON.stringify(request), false])
}

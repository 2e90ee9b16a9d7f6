import type { Json } from '../lifecycle/run.ts'
import type { WorkspacePlace } from '../lifecycle/workspaces.ts'
import { type Connection, type Prepared, run } from './openStore.ts'
import { findWorkspaceId } from './workspaces.ts'

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

const FIND_PLACE: Prepared = {
  name: 'find-workspace-place',
  text: `
SELECT id, kind, repository, branch, base_commit AS "baseCommit" FROM workspace
WHERE project = $1 AND host = $2 AND path = $3 AND status = 'READY' FOR UPDATE`,
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
 * Throws the violation of `workspace_path` or `workspace_key_pkey` where somebody was first.
 */
export async function recordWorkspace(
  connection: Connection,
  { id, runId, project, place, key }: WorkspaceToRecord,
): Promise<Recorded> {
  const { host, kind, path, repository, branch, baseCommit } = place
  type Found = Pick<WorkspacePlace, 'kind' | 'repository' | 'branch' | 'baseCommit'> & { id: string }
  const [found] = await run<Found>(connection, FIND_PLACE, [project, host, path])
  if (found && !isSame(found, place)) return { takenBy: found.id }
  if (found) await run(connection, COUNT, [found.id, 1])
  else await run(connection, INSERT, [id, project, host, kind, path, repository, branch, baseCommit])
  const workspaceId = found?.id ?? id
  const before = await findWorkspaceId(connection, runId)
  await run(connection, LINK, [runId, workspaceId])
  if (before !== null) await run(connection, COUNT, [before, -1])
  if (key) await run(connection, KEEP, [key.key, workspaceId, JSON.stringify(key.request), !found])
  return { workspaceId, created: !found }
}

function isSame(found: Omit<WorkspacePlace, 'host' | 'path'>, place: WorkspacePlace): boolean {
  return (
    found.kind === place.kind &&
    found.repository === place.repository &&
    found.branch === place.branch &&
    found.baseCommit === place.baseCommit
  )
}

/** Keeps the key of a request that found its run's workspace recorded already. */
export async function keepWorkspaceKey(
  connection: Connection,
  workspaceId: string,
  { key, request }: NonNullable<WorkspaceToRecord['key']>,
): Promise<void> {
  await run(connection, KEEP, [key, workspaceId, JSON.stringify(request), false])
}

import type { Instant, Json } from '../../lifecycle/run/run.ts'
import type { GivenResult } from '../../lifecycle/workspace/workspaceResults.ts'
import type { PresentWorkspace, WorkspaceOperation } from '../../lifecycle/workspace/workspace.ts'
import { type Connection, type Prepared, query } from '../sql/openStore.ts'
import { OPERATION_JSON, WORKSPACE_JSON } from '../rows/selectWorkspace.ts'

/** A workspace as it was read, and when: not later than the snapshot that it was read in. */
export interface LoadedWorkspace {
  readonly workspace: PresentWorkspace
  readonly now: Instant
}

/** Columns that every statement about workspaces to be shown selects. */
export const SHOWN = `${WORKSPACE_JSON} AS workspace, now() AS clock`

export interface ShownRow {
  workspace: PresentWorkspace
  clock: Date
}

/** The workspace that a row tells of. */
export function toLoadedWorkspace({ workspace, clock }: ShownRow): LoadedWorkspace {
  return { workspace, now: clock.getTime() }
}

const FIND: Prepared = {
  name: 'find-workspaces',
  text: `SELECT ${SHOWN} FROM workspace w WHERE w.id = ANY($1::text[])`,
}

/** The workspaces with these ids, in any order; ids that name nothing are left out. */
export async function findWorkspaces(
  connection: Connection,
  ids: readonly string[],
): Promise<LoadedWorkspace[]> {
  return (await query<ShownRow>(connection, FIND, [ids])).map(toLoadedWorkspace)
}

const FIND_OF_RUNS: Prepared = {
  name: 'find-workspaces-of-runs',
  text: `
SELECT link.run_id, ${SHOWN} FROM workspace_run link JOIN workspace w ON w.id = link.workspace_id
WHERE link.run_id = ANY($1::text[])`,
}

/** The workspace that a run works in. */
export interface WorkspaceOfRun extends LoadedWorkspace {
  readonly runId: string
}

/** The workspaces of runs, in any order; runs that have none are left out. */
export async function findWorkspacesOfRuns(
  connection: Connection,
  runIds: readonly string[],
): Promise<WorkspaceOfRun[]> {
  const rows = await query<ShownRow & { run_id: string }>(connection, FIND_OF_RUNS, [runIds])
  return rows.map((row) => ({ runId: row.run_id, ...toLoadedWorkspace(row) }))
}

const FIND_ID_OF_RUN: Prepared = {
  name: 'find-workspace-id-of-run',
  text: 'SELECT workspace_id AS id FROM workspace_run WHERE run_id = $1',
}

/** The id of the workspace that a run works in; null where it has none. */
export async function findWorkspaceId(connection: Connection, runId: string): Promise<string | null> {
  const [row] = await query<{ id: string }>(connection, FIND_ID_OF_RUN, [runId])
  return row?.id ?? null
}

/** How many runs of a workspace are listed at most: the newest ones. */
const MAX_RUNS = 500

const LIST_RUNS: Prepared = {
  name: 'list-runs-of-workspaces',
  text: `
SELECT of.id AS workspace_id, listed.id FROM unnest($1::text[]) AS of(id)
CROSS JOIN LATERAL (
  SELECT r.id, r.created_at FROM workspace_run l JOIN run r ON r.id = l.run_id
  WHERE l.workspace_id = of.id ORDER BY r.created_at DESC, r.id DESC LIMIT ${MAX_RUNS}
) listed
ORDER BY listed.created_at DESC, listed.id DESC`,
}

/** Ids of the runs that work, or worked, in workspaces, by workspace, the newest first. */
export async function listRunsOfWorkspaces(
  connection: Connection,
  ids: readonly string[],
): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>()
  for (const row of await query<{ workspace_id: string; id: string }>(connection, LIST_RUNS, [ids]))
    found.set(row.workspace_id, [...(found.get(row.workspace_id) ?? []), row.id])
  return found
}

const FIND_OPERATIONS: Prepared = {
  name: 'find-workspace-operations',
  text: `SELECT ${OPERATION_JSON} AS operation FROM workspace_operation o WHERE o.id = ANY($1::text[])`,
}

/** The operations with these ids, in any order. */
export async function findWorkspaceOperations(
  connection: Connection,
  ids: readonly string[],
): Promise<WorkspaceOperation[]> {
  const rows = await query<{ operation: WorkspaceOperation }>(connection, FIND_OPERATIONS, [ids])
  return rows.map(({ operation }) => operation)
}

/** What an operation came to. */
export interface StoredResult {
  readonly id: string
  readonly result: GivenResult | null
}

const RESULTS: Prepared = {
  name: 'find-workspace-results',
  text: 'SELECT id, result FROM workspace_operation WHERE id = ANY($1::text[])',
}

/** What operations came to, in any order; null for one that came to nothing that is told. */
export function findWorkspaceResults(
  connection: Connection,
  ids: readonly string[],
): Promise<StoredResult[]> {
  return query<{ id: string; result: GivenResult | null }>(connection, RESULTS, [ids])
}

const PATCHES: Prepared = {
  name: 'find-workspace-patches',
  text: 'SELECT id, patch FROM workspace_operation WHERE id = ANY($1::text[]) AND patch IS NOT NULL',
}

/** The patches of operations, in any order; those that a later one took the place of are gone. */
export function findPatches(
  connection: Connection,
  ids: readonly string[],
): Promise<{ readonly id: string; readonly patch: string }[]> {
  return query<{ id: string; patch: string }>(connection, PATCHES, [ids])
}

/** What was kept under an idempotency key. */
export interface StoredWorkspaceKey {
  readonly workspaceId: string
  readonly operationId: string | null
  readonly request: Json
  /** Whether the first answer said that the workspace was new. */
  readonly created: boolean
}

const KEPT: Prepared = {
  name: 'find-workspace-key',
  text: `
SELECT workspace_id AS "workspaceId", operation_id AS "operationId", request, created FROM workspace_key
WHERE key = $3 AND operation = $2 AND scope = $1`,
}

/** What was kept under a key of a mutation of workspaces; null where nothing was. */
export async function findWorkspaceKey(
  connection: Connection,
  scope: string,
  operation: string,
  key: string,
): Promise<StoredWorkspaceKey | null> {
  const [row] = await query<StoredWorkspaceKey>(connection, KEPT, [scope, operation, key])
  return row ?? null
}

/** What is held against each other to check the workspace of a run. */
export interface WorkspaceFacts {
  readonly runId: string
  /** Of the run. */
  readonly project: string
  readonly workspace: PresentWorkspace
  /** How many runs there are that work in it. */
  readonly links: number
  readonly operations: readonly WorkspaceOperation[]
}

const FACTS: Prepared = {
  name: 'read-workspace-facts',
  text: `
SELECT r.id AS "runId", r.project, ${WORKSPACE_JSON} AS workspace,
  (SELECT count(*)::int FROM workspace_run l WHERE l.workspace_id = w.id) AS links,
  (SELECT coalesce(jsonb_agg(${OPERATION_JSON} ORDER BY o.requested_at, o.id), '[]')
    FROM workspace_operation o WHERE o.workspace_id = w.id) AS operations
FROM run r JOIN workspace_run link ON link.run_id = r.id JOIN workspace w ON w.id = link.workspace_id
WHERE r.id = ANY($1::text[])`,
}

/** What is known of the workspaces of runs, to be checked; runs that have none are left out. */
export function readWorkspaceFacts(
  connection: Connection,
  runIds: readonly string[],
): Promise<WorkspaceFacts[]> {
  return query<WorkspaceFacts>(connection, FACTS, [runIds])
}

import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { preparePlaces, type Places } from './places.ts'
import { findRecord, type WorkspaceRecord, writeWhole } from './record.ts'
import type { Workspace } from '../kit/workspace.ts'
import { WorkspaceError } from '../kit/workspaceError.ts'
import type { WorkspaceSettings } from '../kit/workspaceSettings.ts'

/** A workspace as known to the server. */
export interface RecordedWorkspace {
  readonly id: string
  readonly path: string
  readonly repository: string | null
  readonly branch: string | null
}

const recordedSchema = z.strictObject({
  /** The run that the workspace was created for on this machine. */
  owner: z.string(),
})

/** Records which local workspace, named by its run, has this id on the server. */
export async function rememberRecorded(
  settings: Pick<WorkspaceSettings, 'root'>,
  workspaceId: string,
  { owner }: Pick<Workspace, 'owner'>,
): Promise<void> {
  const path = recordedPath(await preparePlaces(settings), workspaceId)
  await mkdir(join(path, '..'), { recursive: true, mode: 0o700 })
  await writeWhole(path, { owner } satisfies z.infer<typeof recordedSchema>)
}

/** Removes the local mapping of a workspace's id. */
export async function forgetRecorded(places: Places, workspaceId: string): Promise<void> {
  await rm(recordedPath(places, workspaceId), { force: true })
}

/**
 * Returns the local record of a workspace known to the server. It is found by the recorded mapping of its id;
 * otherwise by the runs that the server lists for it, one of which must have worked here. Its path, repository and
 * branch must match the server's.
 *
 * @throws {@link WorkspaceError} `WORKSPACE_UNKNOWN` where no matching record exists
 */
export async function findRecorded(
  places: Places,
  workspace: RecordedWorkspace,
  listRuns: () => Promise<readonly string[]>,
): Promise<WorkspaceRecord> {
  const owner = await readRecorded(places, workspace.id)
  for (const runId of owner === null ? await listRuns() : [owner]) {
    const record = await findRecord(places, runId)
    if (record !== null && isSame(record, workspace)) return record
  }
  throw unknown(workspace)
}

function isSame(record: WorkspaceRecord, { path, repository, branch }: RecordedWorkspace): boolean {
  return record.path === path && record.repository === repository && record.branch === branch
}

async function readRecorded(places: Places, workspaceId: string): Promise<string | null> {
  const text = await readFile(recordedPath(places, workspaceId), 'utf8').catch(() => null)
  if (text === null) return null
  try {
    return recordedSchema.parse(JSON.parse(text)).owner
  } catch {
    return null
  }
}

function recordedPath({ state }: Places, workspaceId: string): string {
  return join(state, 'recorded', `${encodeURIComponent(workspaceId)}.json`)
}

function unknown({ path, branch }: RecordedWorkspace): WorkspaceError {
  return new WorkspaceError('FATAL', {
    code: 'WORKSPACE_UNKNOWN',
    message: `Nothing is remembered here of ${path}${branch === null ? '' : ` with the branch ${branch}`} as a workspace of these runs`,
    hint: 'It was made by a worker with another workspace.root, or removed by hand.',
  })
}

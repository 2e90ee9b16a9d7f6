import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { preparePlaces, type Places } from './places.ts'
import { findRecord, type WorkspaceRecord, writeWhole } from './record.ts'
import type { Workspace } from '../kit/workspace.ts'
import { WorkspaceError } from '../kit/workspaceError.ts'
import type { WorkspaceSettings } from '../kit/workspaceSettings.ts'

/** A workspace as the server has it. */
export interface RecordedWorkspace {
  readonly id: string
  readonly path: string
  readonly repository: string | null
  readonly branch: string | null
}

const recordedSchema = z.strictObject({
  /** The run that the workspace was made for here. */
  owner: z.string(),
})

/** Remembers which workspace of the server's is the one that was made here for a run. */
export async function rememberRecorded(
  settings: Pick<WorkspaceSettings, 'root'>,
  workspaceId: string,
  { owner }: Pick<Workspace, 'owner'>,
): Promise<void> {
  const path = recordedPath(await preparePlaces(settings), workspaceId)
  await mkdir(join(path, '..'), { recursive: true, mode: 0o700 })
  await writeWhole(path, { owner } satisfies z.infer<typeof recordedSchema>)
}

/** Forgets it. */
export async function forgetRecorded(places: Places, workspaceId: string): Promise<void> {
  await rm(recordedPath(places, workspaceId), { force: true })
}

/**
 * What was made here as a workspace that the server tells of: by what was remembered as the server was told of it, else by the runs
 * that work in it, one of which has to have been at work in it here. Whatever else the server says of it is held against that.
 *
 * @throws {@link WorkspaceError} `WORKSPACE_UNKNOWN` where nothing, or something else, is remembered of it
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

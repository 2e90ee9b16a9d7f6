import { randomUUID } from 'node:crypto'
import { open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Places } from './places.ts'
import { WorkspaceError } from '../kit/workspaceError.ts'

const workspaceRecord = z.strictObject({
  owner: z.string(),
  kind: z.enum(['WORKTREE', 'DIRECTORY']),
  path: z.string(),
  repository: z.string().nullable(),
  branch: z.string().nullable(),
  base: z.string().nullable(),
  baseCommit: z.string().nullable(),
  /** What the repository keeps of the worktree; null for a directory, and where it was not remembered. */
  gitDir: z.string().nullable().default(null),
  /** `MAKING` and `REMOVING`: nobody has worked in what stands at its path, or is to. */
  state: z.enum(['MAKING', 'READY', 'REMOVING']),
})

const sharedRecord = z.strictObject({
  /** The run whose workspace is shared. */
  shares: z.string(),
})

/** What is remembered of a workspace: written before anything is done that it tells of. */
export type WorkspaceRecord = z.infer<typeof workspaceRecord>

/** How far a chain of runs that share a workspace is followed. */
const LONGEST_CHAIN = 1_000

/**
 * The record of the workspace that a run works in, its own or a shared one; null where none is remembered.
 *
 * @throws {@link WorkspaceError} `RECORD_UNREADABLE`
 */
export async function findRecord(places: Places, runId: string): Promise<WorkspaceRecord | null> {
  let id = runId
  for (let step = 0; step < LONGEST_CHAIN; step += 1) {
    const record = await readRecord(places, id)
    if (record === null || 'owner' in record) return record
    id = record.shares
  }
  return null
}

/** Remembers a workspace, durably, in one step. */
export async function writeRecord(places: Places, record: WorkspaceRecord): Promise<void> {
  await writeWhole(recordPath(places, record.owner), record)
}

/** Remembers that a run works in the workspace of another. */
export async function writeShared(places: Places, runId: string, shares: string): Promise<void> {
  await writeWhole(recordPath(places, runId), { shares } satisfies z.infer<typeof sharedRecord>)
}

/** Forgets what is remembered under a run's id. */
export async function removeRecord(places: Places, runId: string): Promise<void> {
  await rm(recordPath(places, runId), { force: true })
}

/** Writes a file so that whoever reads it finds all of it or what was there before. */
export async function writeWhole(path: string, value: unknown): Promise<void> {
  const draft = `${path}.${randomUUID()}.tmp`
  try {
    const file = await open(draft, 'wx', 0o600)
    try {
      await file.writeFile(`${JSON.stringify(value)}\n`)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(draft, path)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
}

function recordPath({ state }: Places, runId: string): string {
  return join(state, `${runId}.json`)
}

async function readRecord(
  places: Places,
  runId: string,
): Promise<WorkspaceRecord | z.infer<typeof sharedRecord> | null> {
  const path = recordPath(places, runId)
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  if (text === null) return null
  try {
    return z.union([workspaceRecord, sharedRecord]).parse(JSON.parse(text))
  } catch (cause) {
    throw new WorkspaceError('HUMAN_REQUIRED', {
      code: 'RECORD_UNREADABLE',
      message: `What is remembered of the workspace of ${runId} can not be read`,
      hint: `Repair ${path}, or remove it: a worktree is then found again by its branch.`,
      cause,
    })
  }
}

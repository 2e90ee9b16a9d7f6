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
  /** The repository's administrative folder of the worktree; null for a directory, and where it is not recorded. */
  gitDir: z.string().nullable().default(null),
  /** `MAKING` and `REMOVING`: what is at the path holds no work, or is to be removed with it. */
  state: z.enum(['MAKING', 'READY', 'REMOVING']),
})

const sharedRecord = z.strictObject({
  /** The run whose workspace is shared. */
  shares: z.string(),
})

/** The durable record of a workspace, written before each change that it describes. */
export type WorkspaceRecord = z.infer<typeof workspaceRecord>

/** How many links are followed in a chain of runs that share a workspace. */
const LONGEST_CHAIN = 1_000

/**
 * Returns the record of the workspace that a run works in, its own or a shared one; null where none is recorded.
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

/** Writes the record of a workspace, durably and atomically. */
export async function writeRecord(places: Places, record: WorkspaceRecord): Promise<void> {
  await writeWhole(recordPath(places, record.owner), record)
}

/** Records that a run works in the workspace of another run. */
export async function writeShared(places: Places, runId: string, shares: string): Promise<void> {
  await writeWhole(recordPath(places, runId), { shares } satisfies z.infer<typeof sharedRecord>)
}

/** Removes the record under a run's id. */
export async function removeRecord(places: Places, runId: string): Promise<void> {
  await rm(recordPath(places, runId), { force: true })
}

/** Writes a value as JSON, durably and atomically: readers find either the whole new file or the previous one. */
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

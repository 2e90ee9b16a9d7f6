import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { findPlace, type Place } from '../../processes/place.ts'
import { ProcessGroup } from '../../processes/processGroup.ts'
import { findProcess, isLiving } from '../../processes/processTable.ts'
import { FileLock } from '../kit/fileLock.ts'
import { writeWhole } from '../record/record.ts'
import { WorkspaceError } from '../kit/workspaceError.ts'

const process_ = z.strictObject({ pid: z.int().positive(), startedAt: z.string() })

const previewRecord = z.strictObject({
  /** The preview's process; the first of its group. */
  process: process_,
  /** The process that started it. */
  worker: process_,
  /** Where those ids mean something. */
  place: z.strictObject({ host: z.string(), boot: z.string(), space: z.string() }),
  /** In the environment of all its processes, as PAWL_EXECUTION_ID. */
  mark: z.string(),
  killAfterMs: z.number(),
  /** Whether somebody asked for its end. */
  isStopping: z.boolean(),
})

/** What is remembered of a preview from before it does anything until it is proven gone. */
export type PreviewRecord = z.infer<typeof previewRecord>

/** The folder that previews are remembered in, below that of the workspaces' state. */
export async function prepareFolder(state: string): Promise<string> {
  const folder = join(state, 'previews')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  return folder
}

/** Remembers a process of this machine. Undefined where it is gone already. */
export function identify(pid: number): PreviewRecord['process'] | undefined {
  const entry = findProcess(pid)
  return entry && { pid, startedAt: entry.startedAt }
}

/** The preview of a workspace that is remembered; null for none. One that can't be read was never begun. */
export async function readPreview(folder: string, id: string): Promise<PreviewRecord | null> {
  const text = await readFile(join(folder, `${id}.json`), 'utf8').catch(() => '')
  try {
    return previewRecord.parse(JSON.parse(text))
  } catch {
    return null
  }
}

/** Remembers a preview, durably. */
export async function writePreview(folder: string, id: string, record: PreviewRecord): Promise<void> {
  await writeWhole(join(folder, `${id}.json`), record)
}

/** The workspaces with a preview that is remembered. */
export async function listPreviews(folder: string): Promise<string[]> {
  return (await readdir(folder)).flatMap((name) =>
    name.endsWith('.json') ? [name.slice(0, -'.json'.length)] : [],
  )
}

/** Whether the process that started a preview, or the preview's first, is still there. */
export function isThere(record: PreviewRecord, who: 'process' | 'worker'): boolean {
  return isHere(record.place) && isLiving(record[who])
}

/** The groups of this process's own previews, by their marks: they know who only watches over them. */
export const ownGroups = new Map<string, ProcessGroup>()

/**
 * Ends all processes of a preview, whoever started it, and forgets it then.
 *
 * @throws {@link WorkspaceError} `PREVIEW_NOT_STOPPED` where they are not proven gone
 */
export async function endPreview(folder: string, id: string, record: PreviewRecord): Promise<void> {
  const { process: first, killAfterMs } = record
  const group = ownGroups.get(record.mark) ?? findGroup(record)
  if (!(await group.stop({ killAfterMs, mustKill: () => false }))) throw notStopped(first.pid)
  await rm(join(folder, `${id}.json`), { force: true })
  await rm(join(folder, `${id}.begun`), { force: true })
}

/** Of a machine that was started anew since, or of other processes than those seen here, only a mark could be left. */
function findGroup({ process: first, mark, place }: PreviewRecord): ProcessGroup {
  const isLeft = isHere(place) && isLiving(first)
  return new ProcessGroup(isLeft ? first.pid : null, { executionId: mark })
}

/** Does something about a workspace's preview while nobody else does, in whichever process. */
export async function withPreviewLocked<T>(
  folder: string,
  id: string,
  body: () => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const lock = await FileLock.take(join(folder, `${id}.lock`), { signal })
  try {
    return await body()
  } finally {
    lock.remove()
  }
}

function isHere(place: Place): boolean {
  return isDeepStrictEqual(place, findPlace())
}

function notStopped(pid: number): WorkspaceError {
  return new WorkspaceError('HUMAN_REQUIRED', {
    code: 'PREVIEW_NOT_STOPPED',
    message: `The preview's processes could not be ended; the first of them is ${pid}`,
    hint: 'The system holds them, as for a disk that does not answer. End them, or start the machine anew.',
  })
}

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
  /** The preview's main process, the first of its group. */
  process: process_,
  /** The process that started the preview. */
  worker: process_,
  /** Where those process ids are valid. */
  place: z.strictObject({ host: z.string(), boot: z.string(), space: z.string() }),
  /** The value of PAWL_EXECUTION_ID in the environment of all its processes. */
  mark: z.string(),
  killAfterMs: z.number(),
  /** Whether its stop was requested. */
  isStopping: z.boolean(),
})

/** The durable record of a preview, kept from before it does anything until it is proven gone. */
export type PreviewRecord = z.infer<typeof previewRecord>

/** Creates the folder of preview records, below that of the workspaces' state, and returns its path. */
export async function prepareFolder(state: string): Promise<string> {
  const folder = join(state, 'previews')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  return folder
}

/** Returns the identity of a process of this machine; undefined where it has exited. */
export function identify(pid: number): PreviewRecord['process'] | undefined {
  const entry = findProcess(pid)
  return entry && { pid, startedAt: entry.startedAt }
}

/**
 * Returns the record of a workspace's preview; null where there is none. A preview whose record can't be parsed
 * was never started.
 */
export async function readPreview(folder: string, id: string): Promise<PreviewRecord | null> {
  const text = await readFile(join(folder, `${id}.json`), 'utf8').catch(() => '')
  try {
    return previewRecord.parse(JSON.parse(text))
  } catch {
    return null
  }
}

/** Writes the record of a preview, durably. */
export async function writePreview(folder: string, id: string, record: PreviewRecord): Promise<void> {
  await writeWhole(join(folder, `${id}.json`), record)
}

/** Lists the ids of workspaces with a recorded preview. */
export async function listPreviews(folder: string): Promise<string[]> {
  return (await readdir(folder)).flatMap((name) =>
    name.endsWith('.json') ? [name.slice(0, -'.json'.length)] : [],
  )
}

/** Whether a preview's main process, or the process that started it, is alive on this machine. */
export function isThere(record: PreviewRecord, who: 'process' | 'worker'): boolean {
  return isHere(record.place) && isLiving(record[who])
}

/** The process groups of this process's own previews, by their marks: they know which process is the guardian. */
export const ownGroups = new Map<string, ProcessGroup>()

/**
 * Stops all processes of a preview, whichever process started it, and then removes its record.
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

/**
 * After a reboot, in another pid namespace, or once the main process has exited, the recorded process id is not
 * used: processes are found by the mark alone.
 */
function findGroup({ process: first, mark, place }: PreviewRecord): ProcessGroup {
  const isLeft = isHere(place) && isLiving(first)
  return new ProcessGroup(isLeft ? first.pid : null, { executionId: mark })
}

/** Runs `body` while no other process starts or stops the preview of the workspace. */
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
    hint: 'The operating system blocks them, for example on a disk that does not answer. End them, or restart the machine.',
  })
}

import { randomUUID } from 'node:crypto'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import type { Ending } from '../../processes/launch.ts'
import { type GuardedChild, launchGuarded } from '../../processes/launchGuarded.ts'
import { openPipe, type Pipe } from '../../processes/openPipe.ts'
import { findPlace } from '../../processes/place.ts'
import {
  endPreview,
  identify,
  ownGroups,
  type PreviewRecord,
  readPreview,
  withPreviewLocked,
  writePreview,
} from './previewRecord.ts'

/** What is launched as a preview. */
export interface LaunchFields {
  /** The workspace's id. */
  readonly id: string
  /** Where previews are remembered. */
  readonly folder: string
  readonly path: string
  readonly command: readonly string[]
  readonly env: NodeJS.ProcessEnv
  readonly killAfterMs: number
  /** Given what it puts out. */
  readonly take: (bytes: Uint8Array) => void
}

/** A preview's processes. */
export interface LaunchedPreview {
  readonly pid: number
  /** Resolves when all of them are gone; null where somebody asked for that. */
  readonly ended: Promise<Ending | null>
  /** Ends them, and resolves when they are proven gone. */
  stop(): Promise<void>
}

/** Launches a preview, which is remembered before it does anything. Nobody else may be starting one for the workspace. */
export async function launchPreview(fields: LaunchFields): Promise<LaunchedPreview> {
  const { id, folder, path, command, env } = fields
  const pipe = await openPipe(folder, fields.take)
  const nothing = openSync('/dev/null', 'r')
  try {
    const streams = [nothing, pipe.writer, pipe.writer]
    const child = await launchGuarded(command, {
      env,
      cwd: path,
      streams,
      marker: join(folder, `${id}.begun`),
    })
    const record = remember(child, fields)
    await writePreview(folder, id, record)
    ownGroups.set(record.mark, child.group)
    await child.begin(record.mark)
    pipe.closeWriter()
    const ended = watchEnd(child, pipe, fields, record).finally(() => ownGroups.delete(record.mark))
    return { pid: child.pid, ended, stop: () => stop(fields, record) }
  } catch (error) {
    pipe.close()
    throw error
  } finally {
    closeSync(nothing)
  }
}

function remember({ pid }: GuardedChild, { killAfterMs }: LaunchFields): PreviewRecord {
  const worker = identify(process.pid)
  return {
    process: identify(pid) ?? { pid, startedAt: '' },
    worker: worker ?? { pid: process.pid, startedAt: '' },
    place: findPlace(),
    mark: randomUUID(),
    killAfterMs,
    isStopping: false,
  }
}

async function watchEnd(
  child: GuardedChild,
  pipe: Pipe,
  { id, folder }: LaunchFields,
  { mark }: PreviewRecord,
): Promise<Ending | null> {
  const ending = await child.ended
  try {
    // Somebody else may ask for its end, and remember another preview in its place, in this moment.
    return await withPreviewLocked(folder, id, async () => {
      const record = await readPreview(folder, id)
      if (record?.mark !== mark || record.isStopping) return null
      await endPreview(folder, id, record)
      return ending
    })
  } finally {
    pipe.close()
  }
}

async function stop({ id, folder }: LaunchFields, { mark }: PreviewRecord): Promise<void> {
  await withPreviewLocked(folder, id, async () => {
    const record = await readPreview(folder, id)
    if (record?.mark !== mark) return
    await writePreview(folder, id, { ...record, isStopping: true })
    await endPreview(folder, id, record)
  })
}

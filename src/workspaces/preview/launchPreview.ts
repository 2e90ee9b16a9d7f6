import { randomUUID } from 'node:crypto'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import type { Ending } from '../../processes/launch.ts'
import { type GuardedChild, launchGuarded } from '../../processes/launchGuarded.ts'
import { makePipes, openPipe, type Pipe } from '../../processes/openPipe.ts'
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

/** What to launch as a preview. */
export interface LaunchFields {
  /** The workspace's id. */
  readonly id: string
  /** The folder of preview records. */
  readonly folder: string
  readonly path: string
  readonly command: readonly string[]
  readonly env: NodeJS.ProcessEnv
  readonly killAfterMs: number
  /** Called with its output. */
  readonly take: (bytes: Uint8Array) => void
}

/** The processes of a preview. */
export interface LaunchedPreview {
  readonly pid: number
  /**
   * Resolves when all of them are gone: with how the first one ended, or with null where their stop was requested.
   */
  readonly ended: Promise<Ending | null>
  /** Stops them, and resolves when they are proven gone. */
  stop(): Promise<void>
}

/** Launches a preview, which is recorded before it does anything. Call it with the preview's lock held. */
export async function launchPreview(fields: LaunchFields): Promise<LaunchedPreview> {
  const { id, folder, path, command, env } = fields
  const paths = await makePipes(folder, ['output'])
  const pipe = openPipe(paths.output, fields.take)
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
    // Another process may be stopping this preview at the same time, and recording a new one in its place.
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

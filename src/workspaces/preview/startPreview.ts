import { setTimeout as sleep } from 'node:timers/promises'
import { whyUnstartable } from '../../processes/findCommand.ts'
import { inheritEnvironment } from '../../processes/inheritEnvironment.ts'
import type { WorkspaceError } from '../kit/workspaceError.ts'
import type { PreviewDefinition } from '../kit/workspaceSettings.ts'
import { type LaunchedPreview, launchPreview } from './launchPreview.ts'
import { LogTail } from './logTail.ts'
import { takePort } from './port.ts'
import { asTrouble, ended, notReady, notStartable, portTaken } from './previewErrors.ts'
import { prepareFolder, withPreviewLocked } from './previewRecord.ts'
import { endRemembered } from './stopPreview.ts'
import { type Target, toTarget } from './target.ts'

/** What to start a preview of, and how. */
export interface PreviewOptions {
  /** The workspace's id, which names the preview. */
  readonly id: string
  /** The absolute path of the workspace, in which the command runs. */
  readonly path: string
  /** The run whose work is previewed; empty where there is none. */
  readonly runId: string
  readonly definition: PreviewDefinition
  /** The folder of the workspaces' state. */
  readonly state: string
  readonly signal?: AbortSignal | undefined
  /** The environment that it inherits from, by the same rules as an agent. Default: this process's environment. */
  readonly env?: NodeJS.ProcessEnv
}

/** A preview that accepts connections. */
export interface Preview {
  readonly url: string
  readonly pid: number
  /** Resolves when all its processes are gone: with why it ended, or with null where its stop was requested. */
  readonly ended: Promise<WorkspaceError | null>
  /**
   * Stops the preview, and resolves when its processes are proven gone.
   *
   * @throws WorkspaceError `PREVIEW_NOT_STOPPED`
   */
  stop(): Promise<void>
}

/** How much of a preview's output is kept for error messages, in bytes. */
const TAIL_BYTES = 4_096

/** The poll interval for whether a preview accepts connections, in milliseconds. */
const TRY_MS = 100

/**
 * Starts a preview, replacing any earlier one of the workspace, and waits until it accepts connections. Its
 * processes do not outlive this process.
 *
 * @throws WorkspaceError `PREVIEW_NOT_STARTABLE`, `PREVIEW_ENDED`, `PREVIEW_NOT_READY`, `PREVIEW_PORT_TAKEN`; none
 *   of its processes is left then. The signal's reason when it aborts
 */
export async function startPreview(options: PreviewOptions): Promise<Preview> {
  const { definition, signal } = options
  const { port, giveBack } = await takePort()
  try {
    const fill = (text: string) => fillIn(text, options, port)
    const target = toTarget(definition, port, fill)
    const tail = new LogTail(TAIL_BYTES)
    const launched = await replacePreview(options, target, {
      command: definition.command.map(fill),
      port,
      tail,
    })
    const whyEnded = launched.ended.then((ending) => ending && ended(ending, tail.toString()), asTrouble)
    try {
      const url = await untilAnswering(target, definition.readySeconds, whyEnded, signal)
      if (url !== null) return { url, pid: launched.pid, ended: whyEnded, stop: launched.stop }
    } catch (error) {
      await launched.stop()
      throw error
    }
    await launched.stop()
    throw (await whyEnded) ?? notReady(definition.readySeconds, tail.toString())
  } finally {
    giveBack()
  }
}

function fillIn(text: string, { path, runId }: PreviewOptions, port: number): string {
  const values: Readonly<Record<string, string>> = { port: String(port), workspace: path, run: runId }
  return text.replace(/\{(port|workspace|run)\}/g, (_, name: string) => values[name] ?? '')
}

/** Stops any earlier preview of the workspace, and launches a new one. */
async function replacePreview(
  { id, path, runId, definition, state, signal, env: inherited = process.env }: PreviewOptions,
  target: Target,
  { command, port, tail }: { readonly command: string[]; readonly port: number; readonly tail: LogTail },
): Promise<LaunchedPreview> {
  const folder = await prepareFolder(state)
  const given = { PORT: String(port), PAWL_RUN_ID: runId }
  const env = { ...inheritEnvironment(inherited, definition.passEnv), ...definition.env, ...given }
  const killAfterMs = definition.killAfterSeconds * 1_000
  return withPreviewLocked(
    folder,
    id,
    async () => {
      await endRemembered(folder, id)
      const why = whyUnstartable(command[0] ?? '', env, path)
      if (why) throw notStartable(why.message)
      if (target.isFixed && (await target.ask()) !== null) throw portTaken(definition.url ?? '')
      return launchPreview({ id, folder, path, command, env, killAfterMs, take: (bytes) => tail.add(bytes) })
    },
    signal,
  )
}

/**
 * Polls until the preview accepts connections, and returns its URL; null where it ended before, or at the timeout.
 */
async function untilAnswering(
  target: Target,
  readySeconds: number,
  whyEnded: Promise<unknown>,
  signal: AbortSignal | undefined,
): Promise<string | null> {
  const givesUpAt = performance.now() + readySeconds * 1_000
  let isOver = false
  const over = whyEnded.then(() => (isOver = true))
  while (!isOver && performance.now() < givesUpAt) {
    signal?.throwIfAborted()
    const url = await target.ask()
    if (url !== null) return url
    await Promise.race([over, sleep(TRY_MS, undefined, { signal }).catch(() => undefined)])
  }
  return null
}

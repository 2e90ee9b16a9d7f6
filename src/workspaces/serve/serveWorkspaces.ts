import {
  isSuccess,
  type Pawl,
  PawlAuthError,
  PawlConnectionError,
  PawlFault,
  unwrap,
  type Workspace,
  type WorkspaceOperation,
} from '@pawl/sdk'
import { setTimeout as sleep } from 'node:timers/promises'
import { timeLimit } from '../../processes/timeLimit.ts'
import { preparePlaces } from '../record/places.ts'
import { endLeftPreviews } from '../preview/stopPreview.ts'
import { WorkspaceError } from '../kit/workspaceError.ts'
import type { WorkspaceSettings } from '../kit/workspaceSettings.ts'
import { Lanes } from './lanes.ts'
import { OwnPreviews } from './ownPreviews.ts'
import { type OperationResult, type OperationTools, performOperation } from './performOperation.ts'
import { removeStaleFolders } from '../git/temporaryFolders.ts'
import { toErrorInput } from './toErrorInput.ts'

/** Whose workspace operations are served, and how. */
export interface ServeOptions {
  readonly pawl: Pawl
  /** This machine, by the name that its workspaces are recorded with. */
  readonly host: string
  /** The worker's name, as others see it. */
  readonly worker: string
  readonly settings: WorkspaceSettings
  /** Stops serving. */
  readonly signal: AbortSignal
  /** How many workspaces are served concurrently. Default 4. */
  readonly concurrency?: number
  /** How long running operations may continue after the signal has aborted, in milliseconds. Default 10,000. */
  readonly drainMs?: number
  /** Called with errors that are retried, or that could not be reported to the server. */
  readonly onError?: (error: unknown) => void
}

/** The lease of an operation, in seconds, after which another worker may start it again. */
const LEASE_SECONDS = 300

/** How long before the end of its lease an operation times out, in seconds. */
const MARGIN_SECONDS = 10

/** The delay before a retry, in milliseconds. */
const AGAIN_MS = 2_000

/**
 * Performs the operations requested for this machine's workspaces: diffs, merges and removes them, starts and
 * stops their previews; one operation at a time for each workspace. Resolves when the signal has aborted, no
 * operation is running, and no preview is left.
 *
 * @throws PawlAuthError where the server refuses the worker
 */
export async function serveWorkspaces(options: ServeOptions): Promise<void> {
  const {
    pawl,
    host,
    settings,
    signal,
    concurrency = 4,
    drainMs = 10_000,
    onError = () => undefined,
  } = options
  const places = await preparePlaces(settings)
  await endLeftPreviews(places.state)
  await removeStaleFolders()
  const previews = new OwnPreviews({ pawl, settings, places, onError })
  const lanes = new Lanes(concurrency)
  const hurry = new AbortController()
  const server = new Server({ ...options, onError }, { pawl, settings, places, previews }, hurry.signal)
  try {
    await server.persist(() => previews.reportLost(host, signal))
    await server.persist(async () => {
      for await (const { id, workspace } of pawl.workspaces.requests(host, { signal }))
        lanes.add(workspace.id, () => server.serve(id))
    })
  } finally {
    lanes.clear()
    const timer = setTimeout(() => hurry.abort(workerStopped()), drainMs)
    await lanes.idle()
    clearTimeout(timer)
    await previews.stopAll()
  }
}

type ServerOptions = ServeOptions & Required<Pick<ServeOptions, 'onError'>>

class Server {
  readonly #options: ServerOptions
  readonly #tools: OperationTools
  readonly #hurry: AbortSignal

  constructor(options: ServerOptions, tools: OperationTools, hurry: AbortSignal) {
    this.#options = options
    this.#tools = tools
    this.#hurry = hurry
  }

  /** Retries `body` until it succeeds or serving stops. */
  async persist(body: () => Promise<void>): Promise<void> {
    const { signal, onError } = this.#options
    while (!signal.aborted) {
      try {
        return await body()
      } catch (error) {
        if (signal.aborted) return
        if (error instanceof PawlAuthError) throw error
        onError(error)
        await sleep(AGAIN_MS, undefined, { signal }).catch(() => undefined)
      }
    }
  }

  /** Starts an operation, performs it, and reports its result. */
  async serve(operationId: string): Promise<void> {
    const { pawl, worker, onError } = this.#options
    const leaseSeconds = Math.min(3_600, LEASE_SECONDS + Math.ceil(this.#tools.previews.longestStart))
    try {
      const started = await this.#insist(() => pawl.workspaces.start(operationId, { worker, leaseSeconds }))
      // Another worker has started it, or it can no longer be started.
      if (!isSuccess(started)) return
      await this.#perform(started.operation, started.workspace, leaseSeconds)
    } catch (error) {
      onError(error)
    }
  }

  async #perform(operation: WorkspaceOperation, workspace: Workspace, leaseSeconds: number): Promise<void> {
    const { pawl, onError } = this.#options
    const { id, attempt, expiresAt } = operation
    const signal = timeLimit((leaseSeconds - MARGIN_SECONDS) * 1_000, this.#hurry)
    const told: OperationResult | null = await performOperation(
      this.#tools,
      workspace,
      operation,
      signal,
    ).catch((error: unknown) => {
      // An operation that never expires is left unreported, for the next worker to perform.
      if (this.#hurry.aborted && expiresAt === null) return null
      if (!(error instanceof WorkspaceError)) onError(error)
      return { error: toErrorInput(error) }
    })
    if (told === null) return
    const refusal = await this.#report(operation, told)
    if (refusal === null) return
    // An operation whose report is refused would otherwise stay STARTED forever.
    const error = toErrorInput(new Error(`the server refused the report: ${refusal}`))
    unwrap(await this.#insist(() => pawl.workspaces.finish(id, { result: { error }, attempt })))
  }

  /** Reports the result of an operation. Returns why the server refuses the report; null where it accepts it. */
  async #report({ id, attempt }: WorkspaceOperation, result: OperationResult): Promise<string | null> {
    try {
      const answer = await this.#insist(() => this.#options.pawl.workspaces.finish(id, { result, attempt }))
      return answer.__typename === 'InvalidInput' ? answer.message : null
    } catch (error) {
      // An invalid request stays invalid; any other fault is temporary.
      if (error instanceof PawlFault && error.code === 'BAD_REQUEST') return error.message
      throw error
    }
  }

  /** Retries a request until the server can be reached. */
  async #insist<T>(ask: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await ask()
      } catch (error) {
        if (!(error instanceof PawlConnectionError) || this.#options.signal.aborted) throw error
        this.#options.onError(error)
        await sleep(AGAIN_MS, undefined, { signal: this.#options.signal }).catch(() => undefined)
      }
    }
  }
}

function workerStopped(): WorkspaceError {
  return new WorkspaceError('RECOVERABLE', {
    code: 'WORKER_STOPPED',
    message: 'The worker was stopped before it came to an end of it',
    hint: 'Ask again.',
  })
}

import {
  isSuccess,
  type Pawl,
  PawlAuthError,
  PawlConnectionError,
  PawlFault,
  unwrap,
  type Workspace,
  type WorkspaceErrorInput,
  type WorkspaceOperation,
} from '@pawl/sdk'
import { setTimeout as sleep } from 'node:timers/promises'
import { preparePlaces } from '../record/places.ts'
import { endLeftPreviews } from '../preview/stopPreview.ts'
import { WorkspaceError } from '../kit/workspaceError.ts'
import type { WorkspaceSettings } from '../kit/workspaceSettings.ts'
import { Lanes } from './lanes.ts'
import { OwnPreviews } from './ownPreviews.ts'
import { type OperationResult, type OperationTools, performOperation } from './performOperation.ts'
import { toErrorInput } from './toErrorInput.ts'

/** Whose operations are served, and how. */
export interface ServeOptions {
  readonly pawl: Pawl
  /** This machine, by the name that workspaces are recorded with. */
  readonly host: string
  /** Who does it, as others see it. */
  readonly worker: string
  readonly settings: WorkspaceSettings
  /** Ends the serving. */
  readonly signal: AbortSignal
  /** For how many workspaces at a time. Default 4. */
  readonly concurrency?: number
  /** How long operations under way may go on at the end, in milliseconds. Default 10,000. */
  readonly drainMs?: number
  /** Told of what went wrong and is tried again, or could not be told to the server. */
  readonly onError?: (error: unknown) => void
}

/** How long an operation may take, in seconds, before another worker may start it again. */
const LEASE_SECONDS = 300

/** How much sooner, in seconds, it is given up by who does it. */
const MARGIN_SECONDS = 10

/** How long it is waited before the server is asked again, in milliseconds. */
const AGAIN_MS = 2_000

/**
 * Does what this machine's workspaces are asked for: shows, merges and removes them, starts and stops their previews; one thing at
 * a time for each of them. Resolves when the signal has aborted, nothing is under way any more, and no preview is left.
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

  /** Does something again and again until it succeeds, or the serving is to end. */
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

  /** Takes an operation up, does it, and tells what it came to. */
  async serve(operationId: string): Promise<void> {
    const { pawl, worker, onError } = this.#options
    const leaseSeconds = Math.min(3_600, LEASE_SECONDS + Math.ceil(this.#tools.previews.longestStart))
    try {
      const started = await this.#insist(() => pawl.workspaces.start(operationId, { worker, leaseSeconds }))
      // Somebody else has taken it up, or nobody may any more.
      if (!isSuccess(started)) return
      await this.#perform(started.operation, started.workspace, leaseSeconds)
    } catch (error) {
      onError(error)
    }
  }

  async #perform(operation: WorkspaceOperation, workspace: Workspace, leaseSeconds: number): Promise<void> {
    const { pawl, onError } = this.#options
    const { id, attempt, expiresAt } = operation
    const inTime = AbortSignal.timeout((leaseSeconds - MARGIN_SECONDS) * 1_000)
    const signal = AbortSignal.any([this.#hurry, inTime])
    const told: Report | null = await performOperation(this.#tools, workspace, operation, signal).catch(
      (error: unknown) => {
        // What stands until it is done is done by the next worker.
        if (this.#hurry.aborted && expiresAt === null) return null
        if (!(error instanceof WorkspaceError)) onError(error)
        return { error: toErrorInput(error) }
      },
    )
    if (told === null) return
    const refusal = await this.#report(operation, told)
    if (refusal === null) return
    // an operation whose report is refused would stay STARTED for ever
    const error = toErrorInput(new Error(`the server refused the report: ${refusal}`))
    unwrap(await this.#insist(() => pawl.workspaces.finish(id, { error, attempt })))
  }

  /** Tells what an operation came to. Returns why the server does not take the report; null where it does. */
  async #report({ id, attempt }: WorkspaceOperation, told: Report): Promise<string | null> {
    try {
      const answer = await this.#insist(() => this.#options.pawl.workspaces.finish(id, { ...told, attempt }))
      return answer.__typename === 'InvalidInput' ? answer.message : null
    } catch (error) {
      // what is wrong with the request itself stays wrong; any other fault passes
      if (error instanceof PawlFault && error.code === 'BAD_REQUEST') return error.message
      throw error
    }
  }

  /** Asks the server until it can be reached. */
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

/** What is told of an operation that has ended: its result, or why there is none. */
type Report = OperationResult & { readonly error?: WorkspaceErrorInput }

function workerStopped(): WorkspaceError {
  return new WorkspaceError('RECOVERABLE', {
    code: 'WORKER_STOPPED',
    message: 'The worker was stopped before it came to an end of it',
    hint: 'Ask again.',
  })
}

import type { WorkerFacts } from './announcer.ts'
import type { ClaimLoop } from './claimLoop.ts'
import type { OwnedRun, OwnerCommands } from './ownedRun.ts'
import { pause } from '../kit/pause.ts'

/** Which runs a worker claims, and how. */
export interface WorkerOptions {
  /** The owner's name on the runs it claims. */
  readonly owner: string
  /** Only runs of these workflows. Default: any. */
  readonly workflows?: readonly string[] | undefined
  /** Only runs that carry all of these labels. */
  readonly labels?: readonly string[] | undefined
  readonly project?: string | undefined
  /** The maximum number of runs at a time. Default 1. */
  readonly concurrency?: number | undefined
  /** How long a lease lasts without a renewal, in seconds, 5 to 3,600. Default 30. */
  readonly leaseSeconds?: number | undefined
  /** How often it polls for a run while the server offers none, in milliseconds. Default 5,000. */
  readonly pollMs?: number | undefined
  /**
   * Called before each claim. If it returns false nothing is claimed, and it is called again after `pollMs`, or when
   * the server offers a run.
   */
  readonly mayTake?: (() => Promise<boolean> | boolean) | undefined
  /** What it tells of itself to those who look, as on the dashboard; called before each announcement. */
  readonly facts?: (() => WorkerFacts) | undefined
  /**
   * Called with errors that are being retried, those at the end of a claim, and what a handler threw without being
   * interrupted: the error itself, whose stack the run does not keep.
   */
  readonly onError?: ((error: unknown) => void) | undefined
}

/**
 * Does the work of one run. It should stop soon after `owned.signal` aborts, and return when its processes are gone.
 */
export type WorkerHandler = (owned: OwnedRun) => Promise<void> | void

/**
 * Claims runs and passes each to the handler, renewing the lease while the handler runs. When the handler has returned
 * or thrown:
 *
 * - a run that is being cancelled is confirmed as CANCELLED;
 * - a run that is still at work, RUNNING or with a question open in the middle of a turn, fails, as INCOMPLETE, or with the error thrown; if it waits only for its children it is
 *   released, and claimed and passed to the handler again once they have ended;
 * - any other run is released, as is one whose handler was interrupted.
 */
export class Worker {
  /** Resolves when the worker has stopped; rejects if claiming is forbidden or the server refuses the claim's input. */
  readonly finished: Promise<void>
  readonly #stopping = new AbortController()
  #loop: ClaimLoop | undefined

  constructor(pawl: OwnerCommands, options: WorkerOptions, handler: WorkerHandler) {
    this.finished = this.#work(pawl, options, handler)
  }

  /** The number of runs it owns now. */
  get ownedCount(): number {
    return this.#loop?.ownedCount ?? 0
  }

  /** Tells the server at once what `facts` says: for when it has changed. It is told every half minute anyway. */
  announce(): void {
    this.#loop?.announce()
  }

  /**
   * Stops claiming, and resolves when the runs it owns are done. After `timeoutMs` (default: never) their handlers are
   * interrupted, and the runs released.
   */
  async stop({ timeoutMs }: { timeoutMs?: number | undefined } = {}): Promise<void> {
    this.#stopping.abort()
    const done = new AbortController()
    if (timeoutMs !== undefined) void this.#interruptAfter(timeoutMs, done.signal)
    await this.finished.finally(() => done.abort())
  }

  async #work(pawl: OwnerCommands, options: WorkerOptions, handler: WorkerHandler): Promise<void> {
    // Loaded by those who claim runs, so that pages need not carry it.
    const loaded = await import('./claimLoop.ts')
    this.#loop = new loaded.ClaimLoop(pawl, options, handler, this.#stopping)
    await this.#loop.work()
  }

  async #interruptAfter(timeoutMs: number, done: AbortSignal): Promise<void> {
    await pause(timeoutMs, done)
    this.#loop?.interrupt()
  }
}

import { Announcer } from './announcer.ts'
import { isAtWork } from './atWork.ts'
import { waitsForChildren } from './children.ts'
import { PawlAuthError } from '../kit/errors.ts'
import { OwnedRun } from './ownedRun.ts'
import type { OwnerCommands } from './ownedRun.ts'
import { LeaseKeeper } from './leaseKeeper.ts'
import { createKey } from '../request/request.ts'
import { unwrap } from '../request/results.ts'
import { pause } from '../kit/pause.ts'
import type { Runs } from '../client/runs.ts'
import type { WorkerHandler, WorkerOptions } from './worker.ts'
import type { ClaimRunResult, RunDetail } from '../request/types.ts'

/** Claims runs and passes each to the handler until it is told to stop: what a `Worker` does once it is loaded. */
export class ClaimLoop {
  readonly #pawl: OwnerCommands
  readonly #options: WorkerOptions
  readonly #handler: WorkerHandler
  readonly #jobs = new Map<LeaseKeeper, Promise<void>>()
  readonly #stopping: AbortController
  readonly #bell = new Bell()
  readonly #announcer: Announcer
  /** Ends the waiting for offers; undefined while it does not wait. */
  #waiting: AbortController | undefined
  /** Reused until answered, so that a claim whose answer was lost is returned again instead of expiring. */
  #claimKey = createKey()

  /** @param stopping aborts when nothing is to be claimed any more */
  constructor(
    pawl: OwnerCommands,
    options: WorkerOptions,
    handler: WorkerHandler,
    stopping: AbortController,
  ) {
    this.#pawl = pawl
    this.#options = options
    this.#handler = handler
    this.#stopping = stopping
    this.#announcer = new Announcer(pawl.workers, options)
    stopping.signal.addEventListener('abort', () => {
      this.#bell.ring()
      this.#announcer.state = 'STOPPING'
    })
  }

  /** The number of runs it owns now. */
  get ownedCount(): number {
    return this.#jobs.size
  }

  /** Tells the server at once what `facts` says. */
  announce(): void {
    this.#announcer.tell()
  }

  /** Interrupts the handlers, so that the runs are released. */
  interrupt(): void {
    for (const keeper of this.#jobs.keys()) keeper.interrupt('SHUTDOWN')
  }

  /** Resolves when it was told to stop, and the runs it owns are done. */
  async work(): Promise<void> {
    const { concurrency = 1, pollMs = 5_000 } = this.#options
    const wait = () => this.#bell.wait(pollMs * (0.75 + Math.random() / 2))
    void this.#announcer.work()
    try {
      while (!this.#stopping.signal.aborted) {
        // what is offered to a worker that can't claim is missed by another
        const isFull = this.#jobs.size >= concurrency
        if (isFull || !(await this.#mayTake())) {
          this.#waiting?.abort()
          await (isFull ? this.#bell.wait() : wait())
        } else if (!(await this.#takeRun())) {
          this.#awaitOffers()
          await wait()
        }
      }
    } finally {
      this.#stopping.abort()
      this.#waiting?.abort()
      await Promise.all(this.#jobs.values())
      await this.#announcer.end()
    }
  }

  async #mayTake(): Promise<boolean> {
    let isReady = false
    try {
      isReady = (await this.#options.mayTake?.()) ?? true
    } catch (error) {
      this.#options.onError?.(error)
    }
    if (!this.#stopping.signal.aborted) this.#announcer.state = isReady ? 'READY' : 'NOT_READY'
    return isReady
  }

  /** Claims a run and starts its handler. Returns whether it claimed one. */
  async #takeRun(): Promise<boolean> {
    const { owner, leaseSeconds = 30 } = this.#options
    const fields = { ...this.#filter, owner, leaseSeconds, kinds: [...KINDS] }
    let claim: ClaimRunResult
    try {
      claim = await this.#pawl.runs.claim({
        ...fields,
        idempotencyKey: this.#claimKey,
        retry: { attempts: 1 },
      })
    } catch (error) {
      if (error instanceof PawlAuthError) throw error
      this.#options.onError?.(error)
      return false
    }
    this.#claimKey = createKey()
    if (claim.__typename === 'NothingToClaim') return false
    const { run, lease, agentToken } = unwrap(claim)
    // Claimed by an attempt whose answer was lost, and the claim has ended since; there may be another.
    if (!lease) return true
    const keeper = new LeaseKeeper(this.#pawl.runs, {
      runId: run.id,
      fence: lease.fence,
      leaseSeconds,
      expiresAt: lease.expiresAt,
    })
    this.#jobs.set(keeper, this.#drive(keeper, new OwnedRun(this.#pawl, keeper, { run, agentToken })))
    return true
  }

  async #drive(keeper: LeaseKeeper, owned: OwnedRun): Promise<void> {
    try {
      const ending = await this.#handle(owned)
      await endClaim(this.#pawl.runs, owned, ending)
    } catch (error) {
      this.#options.onError?.(error)
    } finally {
      keeper.end()
      this.#jobs.delete(keeper)
      this.#bell.ring()
    }
  }

  /** Runs the handler; returns how the run fails if it is still RUNNING afterwards. */
  async #handle(owned: OwnedRun): Promise<Failure> {
    try {
      if (this.#stopping.signal.aborted) await owned.release()
      else await this.#handler(owned)
      return { reason: 'INCOMPLETE', error: 'The handler returned without completing the run' }
    } catch (error) {
      // The run keeps the message alone; an interrupted handler throws because it was told to stop.
      if (!owned.interruption) this.#options.onError?.(error)
      return { reason: 'REPORTED_FAILURE', error: describeError(error) }
    }
  }

  get #filter() {
    const { workflows, labels, project } = this.#options
    return { workflows: workflows && [...workflows], labels: labels && [...labels], project }
  }

  /** Waits for offers, until it can't claim any more. */
  #awaitOffers(): void {
    if (this.#waiting && !this.#waiting.signal.aborted) return
    this.#waiting = new AbortController()
    void this.#listen(this.#waiting.signal)
  }

  /** Rings when the server offers a run. */
  async #listen(signal: AbortSignal): Promise<void> {
    const { pollMs = 5_000, onError } = this.#options
    while (!signal.aborted) {
      try {
        for await (const _ of this.#pawl.runs.offers({ filter: this.#filter, signal })) this.#bell.ring()
      } catch (error) {
        onError?.(error)
        await pause(pollMs, signal)
      }
    }
  }
}

/** The reason and error of a run that is still RUNNING when its handler returns or throws. */
interface Failure {
  readonly reason: 'INCOMPLETE' | 'REPORTED_FAILURE'
  readonly error: string
}

function describeError(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return message || 'The handler threw an error without a message'
}

/** The questions in the middle of a turn that an owned run can ask: it stays at work while one is open. */
const KINDS = ['PERMISSION', 'QUESTION'] as const

/** How often ending a claim is attempted while the run's status keeps changing. */
const MAX_ATTEMPTS = 5

/** Ends the claim according to the run's status. */
async function endClaim(runs: Runs, owned: OwnedRun, ending: Failure): Promise<void> {
  for (let look = 1; !owned.isOver; look += 1) {
    const run = await runs.get(owned.run.id)
    if (!run) return
    const answer = await endBy(run, owned, ending)
    if (look === MAX_ATTEMPTS && !owned.isOver) unwrap(answer)
  }
}

function endBy(run: RunDetail, owned: OwnedRun, ending: Failure) {
  const { status } = run
  if (status === 'CANCELLING') return owned.confirmCancel()
  if (ending.reason === 'INCOMPLETE' && waitsForChildren(run))
    return owned.release({ isWaitingForChildren: true })
  // with a question open in the middle of a turn the run is still at work, and nobody waits for the answer any more
  if (isAtWork(run) && !owned.interruption) return owned.fail({ ...ending })
  return owned.release()
}

/** Wakes its single waiter; a ring without a waiter wakes the next one. */
class Bell {
  #isRung = false
  #sleep: AbortController | undefined

  ring(): void {
    this.#isRung = true
    this.#sleep?.abort()
  }

  /** Resolves at the next ring, or after the given milliseconds. */
  async wait(milliseconds = 2 ** 31 - 1): Promise<void> {
    this.#sleep = new AbortController()
    if (!this.#isRung) await pause(milliseconds, this.#sleep.signal)
    this.#isRung = false
  }
}

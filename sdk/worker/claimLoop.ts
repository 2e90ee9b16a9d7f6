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
import type { ClaimRunResult, Run, RunDetail } from '../request/types.ts'

/** Claims runs and passes each to the handler until it is told to stop: what a `Worker` does once it is loaded. */
export class ClaimLoop {
  readonly #pawl: OwnerCommands
  readonly #options: WorkerOptions
  readonly #handler: WorkerHandler
  readonly #jobs = new Map<LeaseKeeper, Promise<void>>()
  readonly #stopping: AbortController
  readonly #bell = new Bell()
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
    stopping.signal.addEventListener('abort', () => this.#bell.ring())
  }

  /** The number of runs it owns now. */
  get ownedCount(): number {
    return this.#jobs.size
  }

  /** Interrupts the handlers, so that the runs are released. */
  interrupt(): void {
    for (const keeper of this.#jobs.keys()) keeper.interrupt('SHUTDOWN')
  }

  /** Resolves when it was told to stop, and the runs it owns are done. */
  async work(): Promise<void> {
    void this.#listen()
    const { concurrency = 1, pollMs = 5_000 } = this.#options
    try {
      while (!this.#stopping.signal.aborted) {
        if (this.#jobs.size >= concurrency) await this.#bell.wait()
        else if (!(await this.#mayTake()) || !(await this.#takeRun()))
          await this.#bell.wait(pollMs * (0.75 + Math.random() / 2))
      }
    } finally {
      this.#stopping.abort()
      await Promise.all(this.#jobs.values())
    }
  }

  async #mayTake(): Promise<boolean> {
    try {
      return (await this.#options.mayTake?.()) ?? true
    } catch (error) {
      this.#options.onError?.(error)
      return false
    }
  }

  /** Claims a run and starts its handler. Returns whether it claimed one. */
  async #takeRun(): Promise<boolean> {
    const { owner, workflows, labels, project, leaseSeconds = 30, pollMs = 5_000 } = this.#options
    const fields = {
      owner,
      workflows: workflows && [...workflows],
      labels: labels && [...labels],
      project,
      leaseSeconds,
      kinds: [...KINDS],
    }
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
    if (claim.__typename === 'NothingToClaim') {
      const milliseconds = (claim.claimableInSeconds ?? 0) * 1_000
      // A later run is found by the next poll.
      if (milliseconds > 0 && milliseconds < pollMs) void this.#ringIn(milliseconds)
      return false
    }
    const { run, lease, agentToken } = unwrap(claim)
    // Claimed by an attempt whose answer was lost, and the claim has ended since.
    if (!lease) return false
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

  /** Rings when the run may be claimed. */
  async #ringAt({ claimableAt: notBefore, asOf }: Run): Promise<void> {
    await this.#ringIn(notBefore === null ? 0 : Date.parse(notBefore) - Date.parse(asOf))
  }

  async #ringIn(milliseconds: number): Promise<void> {
    if (milliseconds > 0) await pause(milliseconds, this.#stopping.signal)
    this.#bell.ring()
  }

  /** Rings when the feed reports a run that can be claimed. */
  async #listen(): Promise<void> {
    const { workflows, labels, project, pollMs = 5_000, onError } = this.#options
    const { signal } = this.#stopping
    const filter = { labels: labels && [...labels], project }
    while (!signal.aborted) {
      try {
        for await (const { run } of this.#pawl.runs.changes({
          filter,
          signal,
          onConnection: () => this.#bell.ring(),
        })) {
          if (run?.status === 'QUEUED' && (workflows?.includes(run.workflow.name) ?? true))
            void this.#ringAt(run)
        }
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

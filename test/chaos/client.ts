import { randomUUID } from 'node:crypto'
import { isSuccess } from '../../sdk/index.ts'
import type { Pawl } from '../../sdk/index.ts'
import type { EventFollower } from './eventFollower.ts'
import type { Ledger } from './ledger.ts'

/** A workflow whose runs are requeued when an owner is lost, with three consecutive phases. */
export const WORKFLOW = {
  name: 'crash',
  version: 1,
  initialPhase: 'plan',
  onOwnerLost: 'REQUEUE',
  phases: [
    { key: 'plan', next: ['build'] },
    { key: 'build', next: ['done'] },
    { key: 'done', final: true },
  ],
}

/** Longer than any crash here lasts, so that no owner's lease expires. */
const LEASE_SECONDS = 300

/** Any answer of a mutation that writes to a run's log. */
interface Answer {
  readonly __typename: string
  readonly isReplayed?: boolean
  readonly hasChanged?: boolean
  readonly run?: { readonly id: string; readonly revision: number } | null
}

/** A run that the client owns. */
interface OwnedRun {
  readonly runId: string
  readonly fence: number
}

/**
 * Drives runs one after another, and records every answer in the ledger. Refusals that no concurrent client explains
 * are reported.
 */
export class Client {
  /** Refusals although no other client used the run. */
  readonly surprises: string[] = []
  readonly #pawl: Pawl
  readonly #name: string
  readonly #ledger: Ledger
  readonly #follower: EventFollower
  #turn = 0
  #isStopping = false

  constructor(pawl: Pawl, name: string, ledger: Ledger, follower: EventFollower) {
    this.#pawl = pawl
    this.#name = name
    this.#ledger = ledger
    this.#follower = follower
  }

  /** Works until stopped; then it leaves its run in its current state. */
  async work(): Promise<void> {
    const stories = [
      () => this.#completeRun(),
      () => this.#pauseAndResume(),
      () => this.#cancelRun(),
      () => this.#failAndResume(),
      () => this.#raceTheEnd(),
      () => this.#deleteRun(),
    ]
    while (!this.#isStopping) {
      try {
        await stories[this.#turn++ % stories.length]?.()
      } catch (error) {
        if (!(error instanceof Stopped)) throw error
      }
    }
  }

  stop(): void {
    this.#isStopping = true
  }

  async #completeRun(): Promise<void> {
    const { runId, fence } = await this.#open()
    this.#follower.follow(runId)
    const { phases, runs, executions } = this.#pawl
    await this.#renew({ runId, fence })
    await this.#ask('startPhase', (k) =>
      phases.start(runId, 'plan', { fence, isRepair: true, because: 'again', ...k }),
    )
    const execution = await executions.start({ runId, fence, command: 'work', idempotencyKey: randomUUID() })
    if (isSuccess(execution)) await executions.finish(execution.execution.id, { exitCode: 0 })
    await this.#ask('advancePhase', (k) => phases.advance(runId, 'build', { fence, ...k }))
    await this.#ask('advancePhase', (k) => phases.advance(runId, 'done', { fence, ...k }))
    await this.#ask('completeRun', (k) => runs.complete(runId, { fence, output: { by: this.#name }, ...k }))
  }

  async #pauseAndResume(): Promise<void> {
    const { runId, fence } = await this.#open()
    const { runs } = this.#pawl
    await this.#ask('pauseRun', (k) => runs.pause(runId, { comment: 'lunch', ...k }))
    await this.#renew({ runId, fence })
    await this.#ask('resumeRun', (k) => runs.resume(runId, k))
    await this.#ask('releaseRun', (k) => runs.release(runId, { fence, ...k }))
    const again = await this.#claim(runId)
    await this.#renew({ runId, fence: again })
  }

  async #cancelRun(): Promise<void> {
    const { runId, fence } = await this.#open()
    const { runs } = this.#pawl
    await this.#ask('cancelRun', (k) => runs.cancel(runId, { comment: 'enough', ...k }))
    await this.#ask('confirmCancel', (k) => runs.confirmCancel(runId, { fence, ...k }))
  }

  async #failAndResume(): Promise<void> {
    const { runId, fence } = await this.#open()
    this.#follower.follow(runId)
    const { runs } = this.#pawl
    await this.#ask('failRun', (k) => runs.fail(runId, { fence, error: 'broken', ...k }))
    const claim = { owner: this.#name, leaseSeconds: LEASE_SECONDS }
    await this.#ask('resumeRun', (k) => runs.resume(runId, { claim, ...k }))
    await this.#ask('cancelRun', (k) => runs.cancel(runId, k))
  }

  /** Completes and cancels concurrently: the second command is refused, or changes nothing. */
  async #raceTheEnd(): Promise<void> {
    const { runId, fence } = await this.#open()
    const { phases, runs } = this.#pawl
    await this.#ask('advancePhase', (k) => phases.advance(runId, 'build', { fence, ...k }))
    await this.#ask('advancePhase', (k) => phases.advance(runId, 'done', { fence, ...k }))
    await Promise.all([
      this.#ask('completeRun', (k) => runs.complete(runId, { fence, ...k }), 'raced'),
      this.#ask('cancelRun', (k) => runs.cancel(runId, k), 'raced'),
    ])
  }

  async #deleteRun(): Promise<void> {
    const { runId } = await this.#start()
    const { runs } = this.#pawl
    await this.#ask('cancelRun', (k) => runs.cancel(runId, k))
    const deleted = await runs.delete(runId)
    if (!isSuccess(deleted)) this.surprises.push(`deleteRun: ${deleted.__typename}`)
    this.#ledger.deleted.add(runId)
  }

  /** Starts a run, claims it, and starts its first phase. */
  async #open(): Promise<OwnedRun> {
    const { runId } = await this.#start()
    const fence = await this.#claim(runId)
    await this.#ask('startPhase', (k) => this.#pawl.phases.start(runId, 'plan', { fence, ...k }))
    return { runId, fence }
  }

  async #start(): Promise<{ runId: string }> {
    const started = await this.#ask('startRun', (k) => this.#pawl.runs.start({ workflow: 'crash', ...k }))
    return { runId: started.run.id }
  }

  async #claim(runId: string): Promise<number> {
    const claim = { runId, owner: this.#name, leaseSeconds: LEASE_SECONDS }
    const { lease } = await this.#ask('claimRun', (k) => this.#pawl.runs.claim({ ...claim, ...k }))
    if (!lease?.expiresAt) throw new Error('a claim came without a lease')
    this.#ledger.promise({ runId, fence: lease.fence, expiresAt: lease.expiresAt })
    return lease.fence
  }

  async #renew({ runId, fence }: OwnedRun): Promise<void> {
    const renewed = await this.#pawl.runs.renew(runId, { fence })
    if (!isSuccess(renewed)) this.surprises.push(`renewLease: ${renewed.__typename}`)
    else if (renewed.lease.expiresAt)
      this.#ledger.promise({ runId, fence, expiresAt: renewed.lease.expiresAt })
  }

  /**
   * Sends a mutation, retrying with one key until it is answered, and records the answer. Every third mutation is sent
   * again after its answer, as by a client that lost it, and must be answered as a replay.
   */
  async #ask<A extends Answer>(
    operation: string,
    send: (keyed: { idempotencyKey: string }) => Promise<A>,
    rivalry: 'alone' | 'raced' = 'alone',
  ): Promise<Extract<A, { readonly __typename: `${string}Success` }>> {
    const idempotencyKey = randomUUID()
    const answer = await send({ idempotencyKey })
    if (!isSuccess(answer)) {
      this.#ledger.refused.push(idempotencyKey)
      if (rivalry === 'alone') this.surprises.push(`${operation}: ${answer.__typename}`)
    } else if (answer.run && answer.hasChanged !== false) {
      const { id: runId, revision } = answer.run
      this.#ledger.acknowledge({ operation, key: idempotencyKey, runId, revision })
      if (this.#ledger.acknowledged.length % 3 === 0)
        await this.#askAgain(operation, () => send({ idempotencyKey }))
    }
    if (this.#isStopping || (!isSuccess(answer) && rivalry === 'alone')) throw new Stopped()
    return answer as never
  }

  async #askAgain(operation: string, send: () => Promise<Answer>): Promise<void> {
    const { __typename, isReplayed } = await send()
    if (isReplayed !== true) this.surprises.push(`${operation}, asked again: ${__typename}, not replayed`)
  }
}

/** Aborts the client's sequence of commands. */
class Stopped extends Error {}

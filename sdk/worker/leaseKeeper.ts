import { PawlConnectionError, PawlError, PawlInterruptedError, PawlProblem } from '../kit/errors.ts'
import type { Interruption } from '../kit/errors.ts'
import { MessageQueue } from './messageQueue.ts'
import { pause } from '../kit/pause.ts'
import { backoffDelay } from '../request/retry.ts'
import type { Runs } from '../client/runs.ts'
import type { Directive, DirectiveKind, Message } from '../request/types.ts'

/**
 * A claim whose lease is to be renewed, from the answer to `runs.claim`, or to `runs.start` or `runs.resume` with
 * `claim`.
 */
export interface KeepLeaseFields {
  readonly runId: string
  /** The claim's fence: `lease.fence`. */
  readonly fence: number
  /** The period the lease was claimed for, in seconds. */
  readonly leaseSeconds: number
  /** When the lease ends unless renewed, by the server's clock: `lease.expiresAt`. */
  readonly expiresAt?: string | null | undefined
  /**
   * Called with each directive that is more severe than the one before: CONTINUE, PAUSE, CANCEL, STOP, LEASE_LOST. A
   * WAIT is as CONTINUE: the work goes on while a question is open in the middle of a turn.
   */
  readonly onDirective?: ((directive: DirectiveKind) => void) | undefined
  /** Called once with each unacknowledged message to the owner, including those sent before the claim. */
  readonly onMessage?: ((message: Message) => void) | undefined
}

/**
 * From least to most severe. A less severe directive after a more severe one has no effect, since the owner is already
 * stopping.
 */
const BY_SEVERITY = [
  'CONTINUE',
  'PAUSE',
  'CANCEL',
  'STOP',
  'LEASE_LOST',
] as const satisfies readonly DirectiveKind[]

/** A timer this late, in milliseconds, means that the process or its machine was frozen. */
const FROZEN_MS = 1_000

/**
 * Renews the lease of a claim every third of its period, or of the cancel grace period if that is shorter, and aborts
 * `signal` when the owner has to stop. It keeps renewing after that, so that the owner can stop its processes while it
 * holds the lease, until `end` is called or the lease is lost.
 */
export class LeaseKeeper {
  readonly runId: string
  readonly fence: number
  readonly #runs: Runs
  readonly #leaseSeconds: number
  readonly #onDirective: KeepLeaseFields['onDirective']
  readonly #onMessage: KeepLeaseFields['onMessage']
  readonly #messageQueue = new MessageQueue()
  readonly #interruption = new AbortController()
  readonly #ended = new AbortController()
  #directive: (typeof BY_SEVERITY)[number] = 'CONTINUE'
  #expiresAt: string | undefined
  /** The earliest end of the lease, by this program's clock. */
  #lastsUntil: number
  /** How long the owner has to confirm a cancel, in milliseconds; infinite until the server has sent it. */
  #graceMs = Number.POSITIVE_INFINITY
  /** Whether the run has settled while owned: its lease can no longer be renewed. */
  #isSettled = false
  /** The error of the last failed renewal. */
  #lastFailure: unknown
  #deadline: ReturnType<typeof setTimeout> | undefined

  /** @param since when it was asked for, by this program's clock: the lease lasts from then on unless it is renewed */
  constructor(runs: Runs, fields: KeepLeaseFields, since = performance.now()) {
    if (!(fields.leaseSeconds > 0))
      throw new PawlError('Only a lease that expires can be kept: leaseSeconds above 0')
    this.#runs = runs
    this.runId = fields.runId
    this.fence = fields.fence
    this.#leaseSeconds = fields.leaseSeconds
    this.#expiresAt = fields.expiresAt ?? undefined
    this.#onDirective = fields.onDirective
    this.#onMessage = fields.onMessage
    this.#lastsUntil = since + this.#leaseMs
    this.#setDeadline(since + this.#leaseMs * (2 / 3) - performance.now())
    void this.#renew()
    void this.#listen()
  }

  /** Aborts when the owner has to stop; its reason is a PawlInterruptedError that says why. */
  get signal(): AbortSignal {
    return this.#interruption.signal
  }

  /** The most severe directive so far; `CONTINUE` while there is none. */
  get directive(): DirectiveKind {
    return this.#directive
  }

  /** Whether the claim is lost: the server said so, or a whole lease period has passed without a renewal. */
  get lost(): boolean {
    return this.#directive === 'LEASE_LOST' || performance.now() > this.#lastsUntil
  }

  /** How long the lease lasts at least unless renewed, in milliseconds by this program's clock; 0 once it is lost. */
  get remainingMs(): number {
    return this.lost ? 0 : this.#lastsUntil - performance.now()
  }

  /** When the lease ends unless renewed, by the server's clock. */
  get expiresAt(): string | undefined {
    return this.#expiresAt
  }

  /**
   * Every message to the owner, once each in order of arrival, until the owner has to stop or `end` is called. The next
   * owner receives those that were not acknowledged with `messages.acknowledge`.
   */
  get messages(): AsyncIterable<Message> {
    return this.#messageQueue
  }

  /** Stops renewing. Does not release the run: the lease ends when it expires, or by a command of the owner. */
  end(): void {
    clearTimeout(this.#deadline)
    this.#ended.abort()
    this.#messageQueue.close()
  }

  /** Aborts `signal` for a reason of the owner's program. */
  interrupt(why: Interruption): void {
    const cause = why === 'NOT_RENEWED' ? this.#lastFailure : undefined
    if (!this.signal.aborted) this.#interruption.abort(new PawlInterruptedError(why, cause))
    this.#messageQueue.close()
  }

  /**
   * Applies a directive from the stream or from an answer. One that is unknown or no more severe than the last has no
   * effect.
   */
  applyDirective(kind: DirectiveKind): void {
    const weight = BY_SEVERITY.findIndex((known) => known === kind)
    const directive = BY_SEVERITY[weight]
    if (!directive || directive === 'CONTINUE' || weight <= BY_SEVERITY.indexOf(this.#directive)) return
    this.#directive = directive
    this.interrupt(directive)
    if (directive === 'LEASE_LOST') this.end()
    this.#onDirective?.(directive)
  }

  #receive({ kind, message }: Directive): void {
    if (!message) this.applyDirective(kind)
    else if (this.#messageQueue.post(message)) this.#onMessage?.(message)
  }

  get #leaseMs(): number {
    return this.#leaseSeconds * 1_000
  }

  async #renew(): Promise<void> {
    const { signal } = this.#ended
    const retry = {
      attempts: 1,
      minDelayMs: 50,
      maxDelayMs: this.#leaseMs / 12,
      timeoutMs: this.#leaseMs / 6,
    }
    let failures = 0
    while (!signal.aborted && !this.#isSettled) {
      const sentAt = performance.now()
      const isRenewed = await this.#renewOnce(sentAt, retry)
      failures = isRenewed ? 0 : failures + 1
      const wait = isRenewed
        ? Math.min(this.#leaseMs, this.#graceMs) / 3 - (performance.now() - sentAt)
        : backoffDelay(failures, retry)
      await pause(Math.max(0, wait), signal)
    }
  }

  /** Whether the lease was renewed. A lost claim is final; any other failure is retried until the deadline. */
  async #renewOnce(sentAt: number, retry: { attempts: number; timeoutMs: number }): Promise<boolean> {
    const { fence } = this
    const fields = { fence, leaseSeconds: this.#leaseSeconds, signal: this.#ended.signal, retry }
    const result = await this.#runs
      .renew(this.runId, fields)
      .catch((error: unknown) => void (this.#lastFailure = error))
    if (!result) return false
    if (result.__typename === 'LeaseLost' || result.__typename === 'NotFound')
      this.applyDirective('LEASE_LOST')
    if (result.__typename === 'RunNotActive') this.#settle()
    if (this.#ended.signal.aborted) return false
    if (result.__typename !== 'RenewLeaseSuccess') {
      this.#lastFailure = new PawlProblem(result)
      return false
    }
    const { lease, asOf, cancelGraceSeconds } = result
    const lastsMs = lease.expiresAt ? Date.parse(lease.expiresAt) - Date.parse(asOf) : this.#leaseMs
    // The server reads its clock after `sentAt`, so the lease lasts at least this long.
    this.#lastsUntil = sentAt + lastsMs
    this.#graceMs = cancelGraceSeconds * 1_000
    this.#expiresAt = lease.expiresAt ?? undefined
    this.#setDeadline(sentAt + lastsMs * (2 / 3) - performance.now())
    for (const directive of result.directives) this.#receive(directive)
    return true
  }

  /** Handles a run that settled while owned: the lease stays until the run is released or the lease expires. */
  #settle(): void {
    this.#isSettled = true
    this.applyDirective('STOP')
  }

  #setDeadline(milliseconds: number): void {
    clearTimeout(this.#deadline)
    if (this.#ended.signal.aborted) return
    const dueAt = performance.now() + milliseconds
    this.#deadline = setTimeout(() => {
      // A frozen process could not renew, and its agent could not work: allow time for the renewal now in progress.
      const wasFrozen = performance.now() - dueAt > FROZEN_MS
      if (wasFrozen) this.#setDeadline(Math.min(2_000, this.#leaseMs / 6))
      else this.interrupt('NOT_RENEWED')
    }, milliseconds)
  }

  /** Reads directives from a stream. Renewals return them too, so a failing stream only delays them. */
  async #listen(): Promise<void> {
    const options = { fence: this.fence, signal: this.#ended.signal }
    try {
      for await (const directive of this.#runs.directives(this.runId, options)) this.#receive(directive)
    } catch (error) {
      if (error instanceof PawlConnectionError && !this.#ended.signal.aborted) {
        await pause(this.#leaseMs / 3, this.#ended.signal)
        return this.#listen()
      }
    }
  }
}

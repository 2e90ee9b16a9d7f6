import { PawlConnectionError, PawlError, PawlInterruptedError, PawlProblem } from '../kit/errors.ts'
import type { Interruption } from '../kit/errors.ts'
import { MessageQueue } from './messageQueue.ts'
import { pause } from '../kit/pause.ts'
import { backoffDelay } from '../request/retry.ts'
import type { Runs } from '../client/runs.ts'
import type { Directive, DirectiveKind, Message } from '../request/types.ts'

/** A claim whose lease is to be kept, from the answer to `runs.claim`, or to `runs.start` or `runs.resume` with `claim`. */
export interface KeepLeaseFields {
  readonly runId: string
  /** The claim's fence: `lease.fence`. */
  readonly fence: number
  /** The period the lease was claimed for, in seconds. */
  readonly leaseSeconds: number
  /** When the lease ends unless renewed, by the server's clock: `lease.expiresAt`. */
  readonly expiresAt?: string | null | undefined
  /** Called with each directive that is more severe than the one before: CONTINUE, PAUSE, CANCEL, STOP, LEASE_LOST. */
  readonly onDirective?: ((directive: DirectiveKind) => void) | undefined
  /** Called once with each message to the owner, those sent before the claim too, unless somebody has acknowledged them. */
  readonly onMessage?: ((message: Message) => void) | undefined
}

/** From the least severe to the most: a later, less severe one takes nothing back, since the owner stops already. */
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
 * Keeps the lease of a claim. Renews it every third of its period, or of the cancel's grace where that is shorter, and aborts `signal` when
 * the owner has to stop. It goes on renewing after that, so that the owner can stop its processes under its lease, until `end` is called or
 * the lease is lost.
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
  /** Until when the lease lasts at least, by this program's clock. */
  #lastsUntil: number
  /** How long the owner has to confirm a cancel, in milliseconds, once the server has said so. */
  #graceMs = Number.POSITIVE_INFINITY
  /** Whether the run has settled under its owner: its lease can't be renewed any more. */
  #isSettled = false
  /** Why the last renewal failed, where it did. */
  #lastFailure: unknown
  #deadline: ReturnType<typeof setTimeout> | undefined

  constructor(runs: Runs, fields: KeepLeaseFields) {
    if (!(fields.leaseSeconds > 0))
      throw new PawlError('Only a lease that expires can be kept: leaseSeconds above 0')
    this.#runs = runs
    this.runId = fields.runId
    this.fence = fields.fence
    this.#leaseSeconds = fields.leaseSeconds
    this.#expiresAt = fields.expiresAt ?? undefined
    this.#onDirective = fields.onDirective
    this.#onMessage = fields.onMessage
    this.#lastsUntil = performance.now() + this.#leaseMs
    this.#setDeadline(this.#leaseMs * (2 / 3))
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

  /** Whether the claim is gone: by the server's word, or because its whole period passed without a renewal. */
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
   * Every message to the owner, once each and as they come, until the owner has to stop or `end` is called. The next owner gets them
   * again, unless they were acknowledged: `messages.acknowledge`.
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

  /** Aborts `signal` for a reason of the owner's own program. */
  interrupt(why: Interruption): void {
    const cause = why === 'NOT_RENEWED' ? this.#lastFailure : undefined
    if (!this.signal.aborted) this.#interruption.abort(new PawlInterruptedError(why, cause))
    this.#messageQueue.close()
  }

  /** Applies a directive, whichever way it came. One that is unknown or no more severe than the last changes nothing. */
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

  /** Whether the lease was renewed. A lost claim is final; any other failure may pass before the deadline does. */
  async #renewOnce(sentAt: number, retry: { attempts: number; timeoutMs: number }): Promise<boolean> {
    const { fence } = this
    const fields = { fence, leaseSeconds: this.#leaseSeconds, signal: this.#ended.signal, retry }
    const result = await this.#runs
      .renew(this.runId, fields)
      .catch((error: unknown) => void (this.#lastFailure = error))
    if (!result) return false
    if (result.__typename === 'LeaseLost' || result.__typename === 'RunNotFound')
      this.applyDirective('LEASE_LOST')
    if (result.__typename === 'RunNotActive') this.#settle()
    if (this.#ended.signal.aborted) return false
    if (result.__typename !== 'RenewLeaseSuccess') {
      this.#lastFailure = new PawlProblem(result)
      return false
    }
    const { lease, asOf, cancelGraceSeconds } = result
    const lastsMs = lease.expiresAt ? Date.parse(lease.expiresAt) - Date.parse(asOf) : this.#leaseMs
    // the server read its clock after this was sent
    this.#lastsUntil = sentAt + lastsMs
    this.#graceMs = cancelGraceSeconds * 1_000
    this.#expiresAt = lease.expiresAt ?? undefined
    this.#setDeadline(sentAt + lastsMs * (2 / 3) - performance.now())
    for (const directive of result.directives) this.#receive(directive)
    return true
  }

  /** The run settled under its owner: the lease stays until the run is released, or it expires. */
  #settle(): void {
    this.#isSettled = true
    this.applyDirective('STOP')
  }

  #setDeadline(milliseconds: number): void {
    clearTimeout(this.#deadline)
    if (this.#ended.signal.aborted) return
    const dueAt = performance.now() + milliseconds
    this.#deadline = setTimeout(() => {
      // A process that was frozen could not renew, nor its agent work: a renewal is under way now.
      const wasFrozen = performance.now() - dueAt > FROZEN_MS
      if (wasFrozen) this.#setDeadline(Math.min(2_000, this.#leaseMs / 6))
      else this.interrupt('NOT_RENEWED')
    }, milliseconds)
  }

  /** Directives as they come. Renewals bring them too, so that a stream which fails only makes them later. */
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

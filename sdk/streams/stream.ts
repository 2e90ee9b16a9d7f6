import { completeRetry } from '../request/connection.ts'
import type { Connection } from '../request/connection.ts'
import { PawlAuthError, PawlConnectionError, PawlFault } from '../kit/errors.ts'
import type { CallOptions } from '../request/request.ts'
import { pause } from '../kit/pause.ts'
import { backoffDelay } from '../request/retry.ts'
import type { RetryOptions } from '../request/retry.ts'
import type { Delivery } from './delivery.ts'

/** What every stream takes beside its own fields. */
export interface StreamOptions extends CallOptions {
  /**
   * Ends the stream at once. The loop then ends without throwing, as after the last item: ask `signal.aborted` where the
   * difference matters.
   */
  readonly signal?: AbortSignal | undefined
  /** Told `true` when the server listens, `false` when the connection is lost and is being made again. */
  readonly onConnection?: ((isConnected: boolean) => void) | undefined
}

/** What makes one kind of stream out of subscriptions that may break at any moment. */
export interface StreamPlan<Item> {
  /** Subscribes from where the reader stands. */
  open(delivery: Pick<Delivery, 'signal' | 'onOpen'>): AsyncIterable<Item>
  /** Moves the cursor over an item. Says whether the reader gets it, and whether it is the last one. */
  accept(item: Item): { isNews: boolean; isLast: boolean }
  /** Whether nothing can follow, asked when the server says complete: a server that stops says so too. */
  isOver(): Promise<boolean>
}

/**
 * The items of a plan, over as many connections as it takes. Without any connection it gives up after `retry.attempts`; once
 * connected it tries until it is connected again, or the signal aborts.
 *
 * @throws PawlConnectionError, PawlAuthError, PawlFault, as `next` is awaited.
 */
export function createStream<Item>(
  connection: Connection,
  plan: StreamPlan<Item>,
  options: StreamOptions,
): AsyncIterableIterator<Item, undefined> {
  const controller = new AbortController()
  const items = followWhile(controller, options.signal, () =>
    follow(plan, { ...options, signal: controller.signal }, connection),
  )
  return {
    next: () => items.next(),
    // A generator that awaits can't be ended from outside, so its wait is ended first.
    return: () => {
      controller.abort()
      return items.return(undefined)
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

/** Runs the generator with a signal that aborts with the caller's, for as long as it runs. */
async function* followWhile<Item>(
  controller: AbortController,
  signal: AbortSignal | undefined,
  start: () => AsyncGenerator<Item, undefined>,
): AsyncGenerator<Item, undefined> {
  const stop = () => controller.abort()
  if (signal?.aborted) return
  signal?.addEventListener('abort', stop)
  try {
    yield* start()
  } finally {
    signal?.removeEventListener('abort', stop)
    controller.abort()
  }
}

async function* follow<Item>(
  plan: StreamPlan<Item>,
  { signal, retry: given, onConnection }: StreamOptions & { signal: AbortSignal },
  connection: Connection,
): AsyncGenerator<Item, undefined> {
  const history = new ConnectionHistory(completeRetry(connection.retry, given), connection.renewsToken)
  const onOpen = () => {
    history.noteOpen()
    onConnection?.(true)
  }
  while (!signal.aborted) {
    try {
      for await (const item of plan.open({ signal, onOpen })) {
        if (signal.aborted) return
        history.noteItem()
        const { isNews, isLast } = plan.accept(item)
        if (isNews) yield item
        if (isLast) return
      }
      if (signal.aborted || (await plan.isOver())) return
    } catch (error) {
      if (signal.aborted) return
      history.judge(error)
    }
    onConnection?.(false)
    await pause(history.noteLoss(), signal)
  }
}

/** A connection that held this long was a good one, whether or not anything came over it. */
const GOOD_MS = 10_000

/** What a stream's connections have been through, and so whether another is worth trying. */
class ConnectionHistory {
  readonly #retry: RetryOptions
  readonly #renewsToken: boolean
  #failures = 0
  #wasOpen = false
  #openedAt: number | undefined
  #hasRenewed = false

  constructor(retry: RetryOptions, renewsToken: boolean) {
    this.#retry = retry
    this.#renewsToken = renewsToken
  }

  noteOpen(): void {
    this.#wasOpen = true
    this.#openedAt = performance.now()
  }

  noteItem(): void {
    this.#failures = 0
    this.#hasRenewed = false
  }

  /** Counts a lost connection and returns how long to wait before the next, in milliseconds. */
  noteLoss(): number {
    this.#openedAt = undefined
    this.#failures += 1
    return backoffDelay(this.#failures, this.#retry)
  }

  /** Throws the error unless another connection may do better. */
  judge(error: unknown): void {
    if (this.#openedAt !== undefined && performance.now() - this.#openedAt > GOOD_MS) this.noteItem()
    const tries = this.#failures + 1
    if (error instanceof PawlConnectionError) {
      if (this.#wasOpen || tries < this.#retry.attempts) return
      throw new PawlConnectionError(error.message, {
        cause: error.cause,
        attempts: tries,
        status: error.status,
      })
    }
    if (error instanceof PawlFault && (error.code === 'INTERNAL' || error.code === 'CONTENDED')) {
      if (tries < this.#retry.attempts) return
    }
    if (
      error instanceof PawlAuthError &&
      error.code === 'UNAUTHENTICATED' &&
      this.#renewsToken &&
      !this.#hasRenewed
    ) {
      this.#hasRenewed = true
      return
    }
    throw error
  }
}

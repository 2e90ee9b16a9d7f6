import { endable } from '../../src/iterators/endable.ts'
import { completeRetry } from '../request/connection.ts'
import type { Connection } from '../request/connection.ts'
import { PawlAuthError, PawlConnectionError, PawlFault } from '../kit/errors.ts'
import type { CallOptions } from '../request/request.ts'
import { pause } from '../kit/pause.ts'
import { backoffDelay } from '../request/retry.ts'
import type { RetryOptions } from '../request/retry.ts'
import type { Delivery } from './delivery.ts'

/** What every stream takes in addition to its own fields. */
export interface StreamOptions extends CallOptions {
  /**
   * Ends the stream at once. The loop then ends without throwing, as after the last item: check `signal.aborted` if the
   * difference matters.
   */
  readonly signal?: AbortSignal | undefined
  /**
   * Called with `true` when the subscription is open, `false` when the connection is lost and is being re-established.
   */
  readonly onConnection?: ((isConnected: boolean) => void) | undefined
}

/** Defines one kind of stream on top of subscriptions that may break at any time. */
export interface StreamPlan<Item> {
  /** Subscribes from the reader's position. What it asks for first is asked `once`: the stream itself retries. */
  open(delivery: Delivery, once: CallOptions): AsyncIterable<Item>
  /** Advances the cursor past an item. Returns whether the reader gets it, and whether it is the last one. */
  accept(item: Item): { isNews: boolean; isLast: boolean }
  /**
   * Whether nothing can follow; absent: something always can. Checked when the server completes the subscription, which a stopping server
   * does too.
   */
  isOver?: (once: CallOptions) => Promise<boolean> | boolean
}

/**
 * Streams the items of a plan, reconnecting as needed. It gives up after `retry.attempts` if it never connects; once
 * connected it retries until it is connected again, or the signal aborts.
 *
 * @throws PawlConnectionError, PawlAuthError, PawlFault, when `next` is awaited.
 */
export function createStream<Item>(
  { connection }: { readonly connection: Connection },
  plan: StreamPlan<Item>,
  options: StreamOptions,
): AsyncIterableIterator<Item, undefined> {
  const controller = new AbortController()
  const items = followWhile(controller, options.signal, () =>
    follow(plan, { ...options, signal: controller.signal }, connection),
  )
  return endable(
    () => items.next(),
    () => {
      // a generator cannot return while it awaits, so its wait is aborted first
      controller.abort()
      return items.return(undefined)
    },
  )
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
  const once = { signal, retry: { ...given, attempts: 1 } }
  const onOpen = () => {
    history.noteOpen()
    onConnection?.(true)
  }
  while (!signal.aborted) {
    try {
      for await (const item of plan.open({ signal, onOpen }, once)) {
        if (signal.aborted) return
        history.noteItem()
        const { isNews, isLast } = plan.accept(item)
        if (isNews) yield item
        if (isLast) return
      }
      if (signal.aborted || (await plan.isOver?.(once))) return
    } catch (error) {
      if (signal.aborted) return
      history.judge(error)
    }
    onConnection?.(false)
    await pause(history.noteLoss(), signal)
  }
}

/** A connection that lasted this long, in milliseconds, counts as good even if it delivered nothing. */
const GOOD_MS = 10_000

/** By how many doublings streams wait longer than requests: those of a lost server do not come to the next one all at once. */
const SPREAD = 3

/** The history of a stream's connections, which decides whether to reconnect. */
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
    return Math.random() * backoffDelay(this.#failures + SPREAD, this.#retry)
  }

  /** Throws the error unless reconnecting may help. */
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

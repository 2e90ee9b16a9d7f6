/** How an operation is retried after its answer was lost. */
export interface RetryOptions {
  /** Total attempts, including the first. Default 7. */
  readonly attempts: number
  /** The wait before the second attempt, in milliseconds; doubled each time, with jitter. Streams wait up to eight times as long. Default 100. */
  readonly minDelayMs: number
  /** The longest wait between two attempts, in milliseconds. Default 5,000. */
  readonly maxDelayMs: number
  /** How long one attempt may take, in milliseconds. Default 30,000. */
  readonly timeoutMs: number
}

export const defaultRetry: RetryOptions = {
  attempts: 7,
  minDelayMs: 100,
  maxDelayMs: 5_000,
  timeoutMs: 30_000,
}

/** The wait after the n-th failure in a row (from 1), in milliseconds: between half and all of the doubled delay. */
export function backoffDelay(failures: number, retry: RetryOptions): number {
  const delay = Math.min(retry.maxDelayMs, retry.minDelayMs * 2 ** (failures - 1))
  return delay * (0.5 + Math.random() / 2)
}

/**
 * Runs the work with a signal that aborts with the given one, or after the given milliseconds. The listener is removed
 * when the work ends, so that a long-lived signal accumulates none.
 */
export async function withDeadline<T>(
  signal: AbortSignal | undefined,
  milliseconds: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted()
  const controller = new AbortController()
  const follow = () => controller.abort(signal?.reason)
  const expire = () => controller.abort(new Error(`No answer within ${milliseconds} ms`))
  const timer = setTimeout(expire, milliseconds)
  signal?.addEventListener('abort', follow)
  try {
    return await work(controller.signal)
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', follow)
  }
}

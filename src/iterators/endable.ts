/** A pull-based stream that can be ended from outside, even while its next item is awaited. */
export interface Endable<T> extends AsyncGenerator<T, undefined, void> {
  /** Ends the stream, optionally with one last item. Idempotent. */
  end(last?: T): void
  return(value?: undefined): Promise<IteratorResult<T, undefined>>
}

const DONE = { done: true, value: undefined } as const

/**
 * Creates a stream from a pull function. Unlike a generator, whose `return()` waits for the pull in progress, it ends
 * immediately: pending `next()` calls resolve as done.
 *
 * @param pull reads the next item; an error it throws ends the stream
 * @param onEnd called once when the stream ends for any reason: releases the source and unblocks `pull`. `return()`
 * awaits the promise it returns; a rejection is ignored
 */
export function endable<T>(
  pull: () => Promise<IteratorResult<T, unknown>>,
  onEnd: () => Promise<unknown> | undefined | void,
): Endable<T> {
  const waiting = new Set<(result: IteratorResult<T, undefined>) => void>()
  let hasEnded = false
  let closing: Promise<unknown> | undefined
  /** The last item, until a reader pulls it. */
  let last: T | undefined

  function end(item?: T): void {
    if (hasEnded) return
    hasEnded = true
    last = item
    closing = Promise.resolve(onEnd()).catch(() => undefined)
    for (const resolve of waiting) resolve(takeLast())
    waiting.clear()
  }

  function takeLast(): IteratorResult<T, undefined> {
    if (last === undefined) return DONE
    const value = last
    last = undefined
    return { done: false, value }
  }

  // a promise of its own instead of a race: this is done for every item of every stream
  function next(): Promise<IteratorResult<T, undefined>> {
    if (hasEnded) return Promise.resolve(takeLast())
    return new Promise((resolve, reject) => {
      waiting.add(resolve)
      // after the end, what was pulled or failed is dropped: the promise is resolved already
      const onPulled = (result: IteratorResult<T, unknown>): void => {
        waiting.delete(resolve)
        if (!result.done) return resolve({ done: false, value: result.value })
        end()
        resolve(DONE)
      }
      const onFailed = (error: Error): void => {
        waiting.delete(resolve)
        end()
        reject(error)
      }
      pull().then(onPulled, onFailed)
    })
  }

  async function leave(): Promise<void> {
    last = undefined
    end()
    await closing
  }

  const stream: Endable<T> = {
    next,
    end,
    async return() {
      await leave()
      return DONE
    },
    async throw(error) {
      await leave()
      throw error
    },
    [Symbol.asyncIterator]: () => stream,
  }
  return stream
}

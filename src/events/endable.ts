/** A stream that is pulled, and that can be ended from outside, also while its next item is awaited. */
export interface Endable<T> extends AsyncGenerator<T, void, void> {
  /** Ends it, optionally with one last item. Calling it again changes nothing. */
  end(last?: T): void
}

const DONE = { done: true, value: undefined } as const

/**
 * Makes a stream of pulls. Unlike a generator, which lets `return()` wait for the pull under way, it ends at once: whoever
 * waits for the next item is told that there is none.
 *
 * @param pull reads the next item; what it throws ends the stream
 * @param onEnd called once when the stream ends, however it ends: lets go of the source, and ends what `pull` waits for. What it
 * returns is awaited by `return()`; its failure is ignored
 */
export function endable<T>(
  pull: () => Promise<IteratorResult<T, unknown>>,
  onEnd: () => Promise<unknown> | undefined | void,
): Endable<T> {
  const waiting = new Set<(result: IteratorResult<T, void>) => void>()
  let hasEnded = false
  let closing: Promise<unknown> | undefined
  /** The last item, until somebody pulls it. */
  let last: T | undefined

  function end(item?: T): void {
    if (hasEnded) return
    hasEnded = true
    last = item
    closing = Promise.resolve(onEnd()).catch(() => undefined)
    for (const resolve of waiting) resolve(takeLast())
    waiting.clear()
  }

  function takeLast(): IteratorResult<T, void> {
    if (last === undefined) return DONE
    const value = last
    last = undefined
    return { done: false, value }
  }

  async function next(): Promise<IteratorResult<T, void>> {
    if (hasEnded) return takeLast()
    let resolve: (result: IteratorResult<T, void>) => void = () => undefined
    const ended = new Promise<IteratorResult<T, void>>((settle) => (resolve = settle))
    waiting.add(resolve)
    try {
      const result = await Promise.race([pull(), ended])
      if (!result.done) return { done: false, value: result.value }
    } catch (error) {
      end()
      throw error
    } finally {
      waiting.delete(resolve)
    }
    end()
    return DONE
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

import { endable } from '../../iterators/endable.ts'

/** How to build a stream of results from a source. */
export interface FrameOptions<In, Out> {
  readonly source: AsyncIterable<In>
  /** Maps an item to a result. */
  readonly map: (item: In) => Out | Promise<Out>
  /** Maps a failure of the source to the last result; throws if the failure must not be shown. */
  readonly onFailure: (error: unknown) => Out
}

/**
 * Maps a source to a stream of results, pulled one by one. `return` is passed on to the source immediately, even
 * while its next item is awaited: a generator would pass it on only after that item.
 */
export function mapFrames<In, Out>({
  source,
  map,
  onFailure,
}: FrameOptions<In, Out>): AsyncIterableIterator<Out> {
  const items = source[Symbol.asyncIterator]()

  const toFrame = (pulled: IteratorResult<In>): IteratorResult<Out> | Promise<IteratorResult<Out>> => {
    if (pulled.done) return pulled
    const mapped = map(pulled.value)
    return mapped instanceof Promise ? mapped.then(toItem) : toItem(mapped)
  }
  const toLast = (error: unknown): IteratorResult<Out> => toItem(onFailure(error))

  return endable<Out>(
    () => items.next().then(toFrame, toLast),
    () => items.return?.(),
  )
}

function toItem<Out>(value: Out): IteratorResult<Out> {
  return { done: false, value }
}

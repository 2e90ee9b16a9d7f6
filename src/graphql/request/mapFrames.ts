import { endable } from '../../iterators/endable.ts'

/** How to build a stream of results from a source. */
export interface FrameOptions<In, Out> {
  readonly source: AsyncIterable<In>
  /** Maps an item to a result. */
  readonly map: (item: In) => Promise<Out>
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

  async function pull(): Promise<IteratorResult<In> | { failure: Out }> {
    try {
      return await items.next()
    } catch (error) {
      return { failure: onFailure(error) }
    }
  }

  return endable<Out>(
    async () => {
      const pulled = await pull()
      if ('failure' in pulled) return { done: false, value: pulled.failure }
      return pulled.done ? pulled : { done: false, value: await map(pulled.value) }
    },
    () => items.return?.(),
  )
}

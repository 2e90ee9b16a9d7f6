import { endable } from '../../events/endable.ts'

/** How a stream of results is made of a source. */
export interface FrameOptions<In, Out> {
  readonly source: AsyncIterable<In>
  /** What is told of an item. */
  readonly map: (item: In) => Promise<Out>
  /** What is told, as the last, where the source fails. Throws what is not to be told. */
  readonly onFailure: (error: unknown) => Out
}

/**
 * A stream of what is made of each item of a source, pulled one by one. `return` is passed on to the source at once, also
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

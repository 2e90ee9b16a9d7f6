import { describe, expect, it } from 'vitest'
import { mapFrames } from '../../../src/graphql/request/mapFrames.ts'

/** A source that waits for ever after its items, until it is left; or fails there. */
function openSource(items: readonly number[], failure?: Error) {
  const waiting = [...items]
  let leave: (result: IteratorResult<number>) => void = () => undefined
  const source = {
    left: 0,
    next(): Promise<IteratorResult<number>> {
      const value = waiting.shift()
      if (value !== undefined) return Promise.resolve({ done: false, value })
      return failure ? Promise.reject(failure) : new Promise((resolve) => (leave = resolve))
    },
    return(): Promise<IteratorResult<number>> {
      source.left++
      leave({ done: true, value: undefined })
      return Promise.resolve({ done: true, value: undefined })
    },
    [Symbol.asyncIterator]: () => source,
  }
  return source
}

const rethrow = (error: unknown) => {
  throw error
}

describe('frames', () => {
  it('are made one by one, only when they are asked for', async () => {
    const made: number[] = []
    const map = (item: number) => Promise.resolve(made.push(item) * 10)
    const frames = mapFrames({ source: openSource([1, 2]), map, onFailure: rethrow })
    expect(made).toEqual([])
    expect(await frames.next()).toEqual({ done: false, value: 10 })
    expect(made).toEqual([1])
  })

  it('end at once for a reader that leaves while the source waits', async () => {
    const source = openSource([])
    const frames = mapFrames({ source, map: (item) => Promise.resolve(item), onFailure: rethrow })
    const pending = frames.next()
    expect(await frames.return?.()).toEqual({ done: true, value: undefined })
    expect(await pending).toEqual({ done: true, value: undefined })
    expect(source.left).toBe(1)
  })

  it('leave the source where a frame can not be made', async () => {
    const source = openSource([1])
    const frames = mapFrames({ source, map: () => Promise.reject(new Error('away')), onFailure: rethrow })
    await expect(frames.next()).rejects.toThrow('away')
    expect(source.left).toBe(1)
  })

  it('end with what is told of the failure of the source', async () => {
    const frames = mapFrames<number, string>({
      source: openSource([1], new Error('expired')),
      map: (item) => Promise.resolve(`frame ${item}`),
      onFailure: (error) => `last: ${String(error)}`,
    })
    expect(await frames.next()).toEqual({ done: false, value: 'frame 1' })
    expect(await frames.next()).toEqual({ done: false, value: 'last: Error: expired' })
    await expect(
      mapFrames({
        source: openSource([], new Error('fault')),
        map: (item) => Promise.resolve(item),
        onFailure: rethrow,
      }).next(),
    ).rejects.toThrow('fault')
  })
})

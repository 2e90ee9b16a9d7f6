import { describe, expect, it, vi } from 'vitest'
import { endable } from '../../../src/iterators/endable.ts'

/** A source that yields what it is told to, and otherwise waits for ever. */
function createSource(values: number[]) {
  const returned = vi.fn<() => void>()
  const source: AsyncIterableIterator<number> = {
    next: () => {
      const value = values.shift()
      return value === undefined ? new Promise(() => {}) : Promise.resolve({ done: false, value })
    },
    return: async () => {
      returned()
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
  return { source, returned }
}

function endableOf(source: AsyncIterableIterator<number>, onOver: () => void = () => {}) {
  return endable(
    () => source.next(),
    () => {
      onOver()
      return source.return?.()
    },
  )
}

describe('endable', () => {
  it('ends from outside while its source is waited for, with a last value', async () => {
    const { source, returned } = createSource([1])
    const onOver = vi.fn<() => void>()
    const iterator = endableOf(source, onOver)
    expect(await iterator.next()).toEqual({ done: false, value: 1 })
    const waiting = iterator.next()
    iterator.end(9)
    expect(await waiting).toEqual({ done: false, value: 9 })
    expect(await iterator.next()).toEqual({ done: true, value: undefined })
    expect(onOver).toHaveBeenCalledOnce()
    expect(returned).toHaveBeenCalledOnce()
  })

  it('keeps the last value for a reader that is not waiting', async () => {
    const iterator = endableOf(createSource([1, 2]).source)
    iterator.end(9)
    expect(await iterator.next()).toEqual({ done: false, value: 9 })
    expect(await iterator.next()).toEqual({ done: true, value: undefined })
  })

  it('answers a reader that waits when another one returns', async () => {
    const { source, returned } = createSource([])
    const iterator = endableOf(source)
    const waiting = iterator.next()
    await iterator.return?.()
    expect(await waiting).toEqual({ done: true, value: undefined })
    expect(returned).toHaveBeenCalledOnce()
  })

  it('passes the failure of its source on, once', async () => {
    const onOver = vi.fn<() => void>()
    const source = createSource([]).source
    source.next = () => Promise.reject(new Error('broken'))
    const iterator = endableOf(source, onOver)
    await expect(iterator.next()).rejects.toThrow('broken')
    expect(await iterator.next()).toEqual({ done: true, value: undefined })
    expect(onOver).toHaveBeenCalledOnce()
  })

  it('answers everybody who waits, the first with the last value', async () => {
    const iterator = endableOf(createSource([]).source)
    const waiting = [iterator.next(), iterator.next()]
    iterator.end(9)
    expect(await Promise.all(waiting)).toEqual([
      { done: false, value: 9 },
      { done: true, value: undefined },
    ])
  })

  it('ends anyone who waits at once, though its source lets go late', async () => {
    const { source } = createSource([])
    let letGo: () => void = () => undefined
    source.return = () => new Promise((resolve) => (letGo = () => resolve({ done: true, value: undefined })))
    const iterator = endableOf(source)
    const waiting = iterator.next()
    const left = iterator.return()
    expect(await waiting).toEqual({ done: true, value: undefined })
    letGo()
    expect(await left).toEqual({ done: true, value: undefined })
  })

  it('ignores that its source fails as it is let go', async () => {
    const { source } = createSource([])
    source.return = () => Promise.reject(new Error('broken'))
    expect(await endableOf(source).return()).toEqual({ done: true, value: undefined })
  })
})

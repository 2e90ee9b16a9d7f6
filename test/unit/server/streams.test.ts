import { describe, expect, it, vi } from 'vitest'
import type { Credential } from '../../../src/server/auth/authenticate.ts'
import { makeEndable, type Stream, Streams } from '../../../src/server/engine/streams.ts'

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

describe('makeEndable', () => {
  it('ends from outside while its source is waited for, with a last value', async () => {
    const { source, returned } = createSource([1])
    const onOver = vi.fn<() => void>()
    const iterator = makeEndable(source, onOver)
    expect(await iterator.next()).toEqual({ done: false, value: 1 })
    const waiting = iterator.next()
    iterator.end(9)
    expect(await waiting).toEqual({ done: false, value: 9 })
    expect(await iterator.next()).toEqual({ done: true, value: undefined })
    expect(onOver).toHaveBeenCalledOnce()
    expect(returned).toHaveBeenCalledOnce()
  })

  it('keeps the last value for a reader that is not waiting', async () => {
    const iterator = makeEndable(createSource([1, 2]).source, () => {})
    iterator.end(9)
    expect(await iterator.next()).toEqual({ done: false, value: 9 })
    expect(await iterator.next()).toEqual({ done: true, value: undefined })
  })

  it('answers a reader that waits when another one returns', async () => {
    const { source, returned } = createSource([])
    const iterator = makeEndable(source, () => {})
    const waiting = iterator.next()
    await iterator.return?.()
    expect(await waiting).toEqual({ done: true, value: undefined })
    expect(returned).toHaveBeenCalledOnce()
  })

  it('passes the failure of its source on, once', async () => {
    const onOver = vi.fn<() => void>()
    const source = createSource([]).source
    source.next = () => Promise.reject(new Error('broken'))
    const iterator = makeEndable(source, onOver)
    await expect(iterator.next()).rejects.toThrow('broken')
    expect(await iterator.next()).toEqual({ done: true, value: undefined })
    expect(onOver).toHaveBeenCalledOnce()
  })
})

describe('Streams', () => {
  const token: Credential = { kind: 'token', tokenId: 'tok_1' }
  const agent: Credential = { kind: 'agent', claim: { runId: 'run_1', fence: 1 } }
  const open = (credential: Credential) => ({ credential, end: vi.fn<Stream['end']>() })
  const findAll = async (credentials: readonly Credential[]) => new Set(credentials)

  it('ends those of tokens that are no good any more', async () => {
    const streams = new Streams(10)
    const [good, bad] = [open({ ...token }), open({ ...token })]
    streams.add(good)
    streams.add(bad)
    await streams.endUnauthenticated(async () => new Set([bad.credential]))
    expect(bad.end).toHaveBeenCalledExactlyOnceWith('UNAUTHENTICATED')
    expect(good.end).not.toHaveBeenCalled()
    expect(streams.size).toBe(1)
  })

  it('gives the stream of a claim that is over one more turn', async () => {
    const streams = new Streams(10)
    const stream = open(agent)
    streams.add(stream)
    await streams.endUnauthenticated(findAll)
    expect(stream.end).not.toHaveBeenCalled()
    await streams.endUnauthenticated(findAll)
    expect(stream.end).toHaveBeenCalledOnce()
  })

  it('takes no more than its limit, and none once it stops', () => {
    const streams = new Streams(1)
    const stream = open(token)
    expect(streams.add(stream)).toBe(true)
    expect(streams.add(open(token))).toBe(false)
    streams.stop()
    expect(stream.end).toHaveBeenCalledExactlyOnceWith('STOPPING')
    expect(streams.add(open(token))).toBe(false)
  })
})

import { describe, expect, it, vi } from 'vitest'
import type { Credential } from '../../../src/server/auth/authenticate.ts'
import { type Stream, Streams } from '../../../src/server/engine/streams.ts'

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

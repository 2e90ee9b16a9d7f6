import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openPace } from '../../../src/server/socket/pace.ts'

const always = () => true

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('a pace', () => {
  it('lets a burst begin at once, and then so many a second', async () => {
    const pace = openPace({ perSecond: 100, burst: 5, maxWaiting: 100 })
    let begun = 0
    for (let each = 0; each < 30; each++) void pace.enter('one', always).then(() => (begun += 1))
    await vi.advanceTimersByTimeAsync(0)
    expect(begun).toBe(5)
    await vi.advanceTimersByTimeAsync(100)
    expect(begun).toBeGreaterThanOrEqual(14)
    expect(begun).toBeLessThanOrEqual(15)
    await vi.advanceTimersByTimeAsync(200)
    expect(begun).toBe(30)
    // what nobody used is not saved up beyond the burst
    await vi.advanceTimersByTimeAsync(10_000)
    for (let each = 0; each < 30; each++) void pace.enter('one', always).then(() => (begun += 1))
    await vi.advanceTimersByTimeAsync(0)
    expect(begun).toBe(35)
  })

  it('takes parties in turn, each in its order', async () => {
    const pace = openPace({ perSecond: 100, burst: 1, maxWaiting: 100 })
    const begun: string[] = []
    const enter = (party: string, name: string) => void pace.enter(party, always).then(() => begun.push(name))
    for (const name of ['a0', 'a1', 'a2', 'a3']) enter('a', name)
    for (const name of ['b1', 'b2']) enter('b', name)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(begun).toEqual(['a0', 'a1', 'b1', 'a2', 'b2', 'a3'])
  })

  it('spends nothing on what nobody wants any more', async () => {
    const pace = openPace({ perSecond: 100, burst: 1, maxWaiting: 1_000 })
    let begun = 0
    let isGone = false
    const gone = Array.from({ length: 500 }, () => pace.enter('gone', () => !isGone))
    void pace.enter('one', always).then(() => (begun += 1))
    isGone = true
    await vi.advanceTimersByTimeAsync(20)
    expect(begun).toBe(1)
    // the first of them began while it was wanted
    expect(await Promise.all(gone)).toEqual([true, ...gone.slice(1).map(() => false)])
  })

  it('lets so much of one party wait, and takes nothing from others', async () => {
    const pace = openPace({ perSecond: 100, burst: 0, maxWaiting: 2 })
    const answers = ['a', 'a', 'a', 'b'].map((party) => pace.enter(party, always))
    await expect(answers[2]).resolves.toBe(false)
    // a burst of nothing lets nothing in: each of them waits
    expect(await Promise.race([answers[0], answers[3], Promise.resolve('waits')])).toBe('waits')
  })
})

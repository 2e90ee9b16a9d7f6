import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { repeat } from '../../../src/server/kit/repeat.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

const tellers = () => ({ onFailed: vi.fn<(error: unknown) => void>(), onRecovered: vi.fn<() => void>() })

describe('repeat', () => {
  it('does the work again after the wait it asked for', async () => {
    const work = vi.fn<() => Promise<number>>(async () => 100)
    const repeated = repeat({ work, afterFailureMs: 10, ...tellers() })
    await vi.advanceTimersByTimeAsync(250)
    expect(work).toHaveBeenCalledTimes(3)
    await repeated.stop()
    await vi.advanceTimersByTimeAsync(1000)
    expect(work).toHaveBeenCalledTimes(3)
  })

  it('does it sooner where asked, and never later for that', async () => {
    const work = vi.fn<() => Promise<number>>(async () => 1000)
    const repeated = repeat({ work, afterFailureMs: 10, ...tellers() })
    await vi.advanceTimersByTimeAsync(0)
    repeated.within(50)
    repeated.within(5000)
    await vi.advanceTimersByTimeAsync(49)
    expect(work).toHaveBeenCalledTimes(1)
    await vi.advanceTimersByTimeAsync(1)
    expect(work).toHaveBeenCalledTimes(2)
    await repeated.stop()
  })

  it('remembers what was asked for while the work was under way', async () => {
    let finish: (wait: number) => void = () => {}
    const work = vi.fn<() => Promise<number>>(() => new Promise((resolve) => (finish = resolve)))
    const repeated = repeat({ work, afterFailureMs: 10, ...tellers() })
    repeated.within(20)
    finish(1000)
    await vi.advanceTimersByTimeAsync(20)
    expect(work).toHaveBeenCalledTimes(2)
    finish(1000)
    await repeated.stop()
  })

  it('survives failures, and tells the first one and the recovery', async () => {
    const told = tellers()
    let isBroken = true
    const work = vi.fn<() => Promise<number>>(async () => {
      if (isBroken) throw new Error('no database')
      return 100
    })
    const repeated = repeat({ work, afterFailureMs: 10, ...told })
    await vi.advanceTimersByTimeAsync(35)
    expect(work).toHaveBeenCalledTimes(4)
    expect(told.onFailed).toHaveBeenCalledOnce()
    isBroken = false
    await vi.advanceTimersByTimeAsync(10)
    expect(told.onRecovered).toHaveBeenCalledOnce()
    await repeated.stop()
  })
})

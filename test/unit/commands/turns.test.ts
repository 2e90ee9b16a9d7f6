import { expect, it } from 'vitest'
import { ContendedError } from '../../../src/commands/kit/context.ts'
import { createTurns } from '../../../src/commands/kit/turns.ts'

/** Work that ends when the test says so. */
function open<T>(value: T) {
  let end!: () => void
  const ended = new Promise<void>((resolve) => (end = resolve))
  return { end, work: () => ended.then(() => value) }
}

it('lets the work of one subject pass in its order, one at a time', async () => {
  const takeTurn = createTurns()
  const log: string[] = []
  const work = (name: string) => async () => {
    log.push(`${name} begins`)
    await new Promise((resolve) => setImmediate(resolve))
    log.push(`${name} ends`)
    return name
  }
  const names = await Promise.all(['a', 'b', 'c'].map((name) => takeTurn('run', work(name))))
  expect(names).toEqual(['a', 'b', 'c'])
  expect(log).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends'])
})

it('lets nobody wait for another subject', async () => {
  const takeTurn = createTurns()
  const { end, work } = open('slow')
  const slow = takeTurn('one', work)
  expect(await takeTurn('two', async () => 'quick')).toBe('quick')
  end()
  expect(await slow).toBe('slow')
})

it('passes the turn on when work fails', async () => {
  const takeTurn = createTurns()
  const failing = takeTurn('run', () => Promise.reject(new Error('broken')))
  const next = takeTurn('run', async () => 'next')
  await expect(failing).rejects.toThrow('broken')
  expect(await next).toBe('next')
})

it('is CONTENDED at once when too many wait for one subject, or in all, and free again afterwards', async () => {
  const takeTurn = createTurns({ maxPerSubject: 2, maxInAll: 3 })
  const { end, work } = open('done')
  const waiting = [takeTurn('one', work), takeTurn('one', work)]
  await expect(takeTurn('one', work)).rejects.toThrow(ContendedError)
  waiting.push(takeTurn('two', work))
  await expect(takeTurn('three', work)).rejects.toThrow(ContendedError)
  end()
  expect(await Promise.all(waiting)).toEqual(['done', 'done', 'done'])
  expect(await takeTurn('three', async () => 'free')).toBe('free')
})

it('is CONTENDED when the turn does not come in time, and those behind keep theirs', async () => {
  const takeTurn = createTurns({ maxWaitMs: 20 })
  const { end, work } = open('slow')
  const slow = takeTurn('run', work)
  await expect(takeTurn('run', async () => 'late')).rejects.toThrow(ContendedError)
  const behind = takeTurn('run', async () => 'behind')
  end()
  expect(await Promise.all([slow, behind])).toEqual(['slow', 'behind'])
})

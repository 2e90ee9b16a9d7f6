import { expect, test } from 'vitest'
import { openShareReads } from '../../../src/events/shareReads.ts'

test('reads that ask the same in one turn are one, and one that was sent is joined by nobody', async () => {
  const share = openShareReads()
  let sent = 0
  const finish: (() => void)[] = []
  const read = () => {
    const answer = (sent += 1)
    return new Promise<number>((resolve) => finish.push(() => resolve(answer)))
  }
  const together = [share('a', read), share('a', read)]
  const other = share('b', async () => 'b')
  expect(sent).toBe(0)
  expect(await other).toBe('b')
  expect(sent).toBe(1)
  // the first read is under way: it may be older than what this one was woken by
  const later = share('a', read)
  await share('b', async () => 'b')
  expect(sent).toBe(2)
  for (const done of finish) done()
  expect(await Promise.all([...together, later])).toEqual([1, 1, 2])
})

test('a read that fails fails for those who share it, and for nobody after them', async () => {
  const share = openShareReads()
  const failing = [1, 2].map(() => share('a', () => Promise.reject(new Error('away'))))
  for (const answer of failing) await expect(answer).rejects.toThrow('away')
  expect(await share('a', async () => 'back')).toBe('back')
})

import { expect, test, vi } from 'vitest'
import { openShareReads } from '../../../src/events/shareReads.ts'

test('reads that ask the same in one turn are one, and one that was sent is joined by nobody', async () => {
  const share = openShareReads(3)
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
  const share = openShareReads(2)
  const failing = [1, 2].map(() => share('a', () => Promise.reject(new Error('away'))))
  for (const answer of failing) await expect(answer).rejects.toThrow('away')
  expect(await share('a', async () => 'back')).toBe('back')
})

test('no more than so many reads are under way, the others wait in their order, and a read that waits is joined', async () => {
  const share = openShareReads(2)
  const sent: string[] = []
  const finish = new Map<string, () => void>()
  const ask = (question: string) =>
    share(question, () => {
      sent.push(question)
      return new Promise<string>((resolve) => finish.set(question, () => resolve(question)))
    })
  const first = ['a', 'b', 'c', 'd'].map(ask)
  await vi.waitFor(() => expect(sent).toEqual(['a', 'b']))
  const joined = ask('c')
  finish.get('b')?.()
  expect(await first[1]).toBe('b')
  await vi.waitFor(() => expect(sent).toEqual(['a', 'b', 'c']))
  for (const question of ['a', 'c']) finish.get(question)?.()
  expect(await joined).toBe('c')
  await vi.waitFor(() => expect(sent).toEqual(['a', 'b', 'c', 'd']))
  finish.get('d')?.()
  expect(await Promise.all(first)).toEqual(['a', 'b', 'c', 'd'])
})

import { beforeEach, expect, it, vi } from 'vitest'
import { type Found, keepLookups } from '../../../src/server/auth/keepLookups.ts'

interface Caller {
  readonly name: string
}

let clock: number
beforeEach(() => {
  clock = 0
})

/** Lookups that are answered when the test says so. */
function createLookups(max = 10) {
  const open: { readonly answer: (found: Found<Caller> | null) => void; readonly fail: () => void }[] = []
  const look = vi.fn<(key: string) => Promise<Found<Caller> | null>>(
    () =>
      new Promise((answer, reject) => open.push({ answer, fail: () => reject(new Error('no database')) })),
  )
  const lookups = keepLookups(look, { keepMs: 1_000, max, now: () => clock })
  /** Answers the lookups under way. */
  const answer = (name: string, remainingMs: number | null = null) => {
    for (const each of open.splice(0)) each.answer({ value: { name }, remainingMs })
  }
  return { open, look, answer, ...lookups }
}

it('keeps a result for a second from the start of its lookup', async () => {
  const { look, answer, find } = createLookups()
  const first = find('a')
  clock = 400
  answer('ada')
  expect(await first).toEqual({ name: 'ada' })
  clock = 999
  expect(await find('a')).toEqual({ name: 'ada' })
  expect(look).toHaveBeenCalledTimes(1)
  clock = 1_000
  const again = find('a')
  expect(look).toHaveBeenCalledTimes(2)
  answer('eve')
  expect(await again).toEqual({ name: 'eve' })
})

it('keeps nothing longer than it holds', async () => {
  const { look, answer, find } = createLookups()
  const first = find('a')
  answer('ada', 300)
  await first
  clock = 299
  expect(await find('a')).toEqual({ name: 'ada' })
  clock = 300
  void find('a')
  expect(look).toHaveBeenCalledTimes(2)
})

it('lets who asks in the meantime share the lookup under way, unless that is too old', async () => {
  const { look, answer, find } = createLookups()
  const crowd = [find('a'), find('a'), find('a')]
  expect(look).toHaveBeenCalledTimes(1)
  clock = 1_000
  const late = find('a')
  expect(look).toHaveBeenCalledTimes(2)
  answer('ada')
  expect(await Promise.all([...crowd, late])).toEqual(Array.from({ length: 4 }, () => ({ name: 'ada' })))
})

it('keeps neither what was not found nor a failure', async () => {
  const { open, look, find } = createLookups()
  const missing = find('a')
  open.shift()?.answer(null)
  expect(await missing).toBeNull()
  const failed = find('a')
  open.shift()?.fail()
  await expect(failed).rejects.toThrow('no database')
  void find('a')
  expect(look).toHaveBeenCalledTimes(3)
})

it('forgets what it keeps, and what began to be looked up before', async () => {
  const { open, look, answer, find, forget } = createLookups()
  const first = find('a')
  answer('ada')
  await first
  forget()
  const before = find('a')
  forget()
  const after = find('a')
  expect(look).toHaveBeenCalledTimes(3)
  const [older, newer] = open
  newer?.answer(null)
  older?.answer({ value: { name: 'ada' }, remainingMs: null })
  expect([await before, await after]).toEqual([{ name: 'ada' }, null])
  void find('a')
  expect(look).toHaveBeenCalledTimes(4)
})

it('keeps so many and no more', async () => {
  const { look, answer, find } = createLookups(2)
  for (const key of ['a', 'b', 'c']) {
    const found = find(key)
    answer(key)
    await found
  }
  void find('c')
  void find('b')
  expect(look).toHaveBeenCalledTimes(3)
  void find('a')
  expect(look).toHaveBeenCalledTimes(4)
})

import { beforeEach, expect, it, vi } from 'vitest'
import { keepLookups, type Lasting } from '../../../src/server/auth/keepLookups.ts'

interface Caller extends Lasting {
  readonly name: string
}

const ADA: Caller = { name: 'ada', remainingMs: null }

let clock: number
beforeEach(() => {
  clock = 0
})

/** Lookups that are answered when the test says so. */
function createLookups(max = 10) {
  const open: { readonly answer: (found: Caller | null) => void; readonly fail: () => void }[] = []
  const look = vi.fn<(key: string) => Promise<Caller | null>>(
    () =>
      new Promise((answer, reject) => open.push({ answer, fail: () => reject(new Error('no database')) })),
  )
  const lookups = keepLookups(look, { keepMs: 1_000, max, now: () => clock })
  /** Answers the lookups under way. */
  const answer = (name: string, remainingMs: number | null = null) => {
    for (const each of open.splice(0)) each.answer({ name, remainingMs })
  }
  return { open, look, answer, ...lookups }
}

it('keeps a result for a second from the start of its lookup', async () => {
  const { look, answer, find } = createLookups()
  const first = find('a')
  clock = 400
  answer('ada')
  expect(await first).toEqual(ADA)
  clock = 999
  expect(await find('a')).toEqual(ADA)
  expect(look).toHaveBeenCalledTimes(1)
  clock = 1_000
  const again = find('a')
  expect(look).toHaveBeenCalledTimes(2)
  answer('eve')
  expect(await again).toEqual({ name: 'eve', remainingMs: null })
})

it('keeps nothing longer than it holds', async () => {
  const { look, answer, find } = createLookups()
  const first = find('a')
  answer('ada', 300)
  await first
  clock = 299
  expect(await find('a')).toEqual({ ...ADA, remainingMs: 300 })
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
  expect(await Promise.all([...crowd, late])).toEqual(Array.from({ length: 4 }, () => ADA))
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
  older?.answer(ADA)
  expect([await before, await after]).toEqual([ADA, null])
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

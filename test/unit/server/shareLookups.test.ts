import { expect, it, vi } from 'vitest'
import { shareLookups } from '../../../src/server/auth/shareLookups.ts'

/** Lookups that are answered when the test says so. */
function createLookups() {
  const open: { key: string; answer: (value: string) => void; fail: (error: Error) => void }[] = []
  const look = vi.fn<(key: string) => Promise<string>>(
    (key) => new Promise((answer, fail) => open.push({ key, answer, fail })),
  )
  return { open, look, ask: shareLookups(look) }
}

it('answers nobody with a lookup that began before they asked', async () => {
  const { open, look, ask } = createLookups()
  const first = ask('a')
  const crowd = [ask('a'), ask('a'), ask('a')]
  expect(look).toHaveBeenCalledTimes(1)
  open[0]?.answer('good')
  expect(await first).toBe('good')
  await vi.waitUntil(() => open.length === 2)
  const late = ask('a')
  open[1]?.answer('revoked')
  expect(await Promise.all(crowd)).toEqual(['revoked', 'revoked', 'revoked'])
  await vi.waitUntil(() => open.length === 3)
  open[2]?.answer('later')
  expect(await late).toBe('later')
  expect(look).toHaveBeenCalledTimes(3)
})

it('keeps what is asked apart', async () => {
  const { open, ask } = createLookups()
  const both = [ask('a'), ask('b')]
  expect(open.map(({ key }) => key)).toEqual(['a', 'b'])
  for (const { key, answer } of open) answer(key)
  expect(await Promise.all(both)).toEqual(['a', 'b'])
})

it('looks anew after a failure', async () => {
  const { open, ask } = createLookups()
  const first = ask('a')
  const second = ask('a')
  open[0]?.fail(new Error('no database'))
  await expect(first).rejects.toThrow('no database')
  await vi.waitUntil(() => open.length === 2)
  open[1]?.answer('good')
  expect(await second).toBe('good')
})

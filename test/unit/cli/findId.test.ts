import { expect, it } from 'vitest'
import { findId } from '../../../src/cli/kit/findId.ts'
import { shortenIds } from '../../../src/cli/terminal/shortId.ts'
import { formatTime } from '../../../src/cli/terminal/times.ts'

const RUNS = [
  'run_01kbf3q0d8e5ma1b2c3d4e5f6g',
  'run_01kbf3q0d8e5mz9b2c3d4e5f6g',
  'run_01kbf3q0d8e5mx9b2c3d4e5f7h',
]
const listed = () => RUNS.map((id, at) => ({ id, title: `Run ${at}` }))
const never = (): never => {
  throw new Error('the list was read')
}

it('finds the only id that ends as was typed, in any case', async () => {
  expect(await findId('5F7H', listed)).toBe(RUNS[2])
})

it('lists the ids where several end as was typed', async () => {
  const found = findId('e5f6g', listed)
  await expect(found).rejects.toMatchObject({ exitCode: 3, title: 'AmbiguousId' })
  await expect(found).rejects.toThrow(`${RUNS[0]}  Run 0\n${RUNS[1]}  Run 1`)
})

it('reads no list for a whole id, nor for what is too short or no end of an id', async () => {
  for (const typed of [RUNS[0] ?? '', '5f7', 'plan.md', 'illegal'])
    expect(await findId(typed, never)).toBe(typed)
})

it('leaves what ends no id to the server', async () => {
  expect(await findId('zzzz', listed)).toBe('zzzz')
})

it('shortens whole ids only', () => {
  expect(shortenIds(`pawl run show ${RUNS[0]} # run_x`)).toBe(
    'pawl run show d4e5f6g # run_x'.replace('d4e5f6g', RUNS[0]?.slice(-7) ?? ''),
  )
})

it('tells the date of a time that is not of today', () => {
  const now = new Date(2026, 10, 30, 14, 0, 0)
  expect(formatTime(new Date(2026, 10, 30, 9, 5, 7).toISOString(), now)).toBe('09:05:07')
  expect(formatTime(new Date(2026, 10, 29, 23, 59, 59).toISOString(), now)).toBe('2026-11-29 23:59:59')
})

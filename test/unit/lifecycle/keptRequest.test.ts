import { expect, it } from 'vitest'
import { differingFields } from '../../../src/lifecycle/log/keptRequest.ts'

it('a request that was kept under former names of its fields is replayed by the present ones', () => {
  const kept = { workflow: 'solo', detached: false, title: 'a' }
  expect(differingFields(kept, { workflow: 'solo', isDetached: false, title: 'a' })).toEqual([])
  expect(differingFields(kept, { workflow: 'solo', isDetached: true, title: 'b' })).toEqual([
    'isDetached',
    'title',
  ])
  expect(differingFields({ runId: 'r', cascade: true }, { runId: 'r', isCascading: true })).toEqual([])
})

it('what a client wrote below a field keeps its names', () => {
  const input = { input: { force: true } }
  expect(differingFields(input, input)).toEqual([])
  expect(differingFields(input, { input: { isForced: true } })).toEqual(['input.force', 'input.isForced'])
})

import type { RunEvent } from '@pawl/sdk'
import { expect, test } from 'vitest'
import { NO_QUESTIONS, noteQuestion } from '../../../src/worker/run/questionTimes.ts'

const requested = (id: string, kind: string) =>
  ({ type: 'APPROVAL_REQUESTED', payload: { id, kind } }) as unknown as RunEvent
const ended = (type: string, id?: string) => ({ type, payload: { id } }) as unknown as RunEvent

test('a question in a turn is open from when it is asked until it is decided, expired, withdrawn or void', () => {
  const ends = ['APPROVAL_DECIDED', 'APPROVAL_EXPIRED', 'APPROVAL_WITHDRAWN', 'RUN_FAILED', 'RUN_CANCELLED']
  for (const type of ends) {
    const open = noteQuestion(NO_QUESTIONS, requested('apr_1', 'PERMISSION'), 10)
    expect(open.open).toEqual({ id: 'apr_1', from: 10 })
    expect(noteQuestion(open, ended('SESSION_CHANGED', 'apr_1'), 15)).toBe(open)
    expect(noteQuestion(open, ended('APPROVAL_DECIDED', 'apr_0'), 15)).toBe(open)
    expect(noteQuestion(open, ended(type, 'apr_1'), 20)).toEqual({
      open: null,
      answeredAt: 20,
      waits: [{ from: 10, to: 20 }],
    })
  }
  expect(noteQuestion(NO_QUESTIONS, requested('apr_1', 'REVIEW'), 10)).toBe(NO_QUESTIONS)
})

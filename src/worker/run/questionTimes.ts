import type { RunEvent } from '@pawl/sdk'

/** When questions were open in the middle of a turn, by this program's clock. */
export interface QuestionTimes {
  readonly open: { readonly id: string; readonly from: number } | null
  readonly answeredAt: number
  readonly waits: readonly { readonly from: number; readonly to: number }[]
}

export const NO_QUESTIONS: QuestionTimes = { open: null, answeredAt: 0, waits: [] }

/** Notes the beginning or the end of a question; `now` is when the event was read. */
export function noteQuestion(times: QuestionTimes, event: RunEvent, now: number): QuestionTimes {
  const { open, waits } = times
  if (event.type === 'APPROVAL_REQUESTED') {
    const { id, kind } = event.payload
    return kind === 'PERMISSION' || kind === 'QUESTION' ? { ...times, open: { id, from: now } } : times
  }
  if (!open || !endsQuestion(event, open.id)) return times
  return { open: null, answeredAt: now, waits: [...waits, { from: open.from, to: now }] }
}

function endsQuestion(event: RunEvent, id: string): boolean {
  switch (event.type) {
    case 'APPROVAL_DECIDED':
    case 'APPROVAL_EXPIRED':
    case 'APPROVAL_WITHDRAWN':
      return event.payload.id === id
    // settling makes it VOID
    default:
      return /^RUN_(?:COMPLETED|FAILED|CANCELLED|EXPIRED)$/.test(event.type)
  }
}

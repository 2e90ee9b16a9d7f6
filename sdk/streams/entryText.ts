import type { TranscriptEntry } from '../request/types.ts'

/** Marks of the steps of a plan. */
const STEP_MARKS = { PENDING: ' ', IN_PROGRESS: '~', COMPLETED: 'x' } as const

/** All that an entry says as plain text; '' where it says nothing. */
export function entryText(entry: TranscriptEntry): string {
  switch (entry.kind) {
    case 'PROMPT':
    case 'MESSAGE':
    case 'THOUGHT':
    case 'OUTPUT':
      return entry.text
    case 'TOOL_CALL':
      return joinLines(entry.title, entry.output)
    case 'PERMISSION':
      return joinLines(entry.title, entry.note)
    case 'DIFF':
      return joinLines(entry.path, entry.hunks)
    case 'PLAN':
      return entry.steps.map(({ text, status }) => `[${STEP_MARKS[status]}] ${text}`).join('\n')
    case 'ERROR':
      return joinLines(entry.code, entry.message)
    case 'USAGE':
      return ''
  }
}

function joinLines(...lines: readonly (string | null)[]): string {
  return lines.filter(Boolean).join('\n')
}

import type { Entry, Step } from './entry.ts'

/** Marks of the steps of a plan. */
const STEP_MARKS: Readonly<Record<Step['status'], string>> = {
  PENDING: ' ',
  IN_PROGRESS: '~',
  COMPLETED: 'x',
}

/** The text of an entry for those who want nothing else; '' where it has none. */
export function plainEntry(entry: Entry): string {
  switch (entry.kind) {
    case 'MESSAGE':
    case 'THOUGHT':
    case 'OUTPUT':
      return entry.text
    case 'TOOL_CALL':
    case 'PERMISSION':
      return joinLines(entry.title, entry.text)
    case 'DIFF':
      return joinLines(entry.path, entry.text)
    case 'PLAN':
      return joinLines(...entry.steps.map(({ text, status }) => `[${STEP_MARKS[status]}] ${text}`))
    case 'ERROR':
      return joinLines(entry.code, entry.text)
    case 'USAGE':
      return ''
  }
}

function joinLines(...lines: readonly (string | undefined)[]): string {
  return lines.filter(Boolean).join('\n')
}

import type { RunEvent } from '@pawl/sdk'
import type { Colors } from '../terminal/printer.ts'
import { formatTime } from '../terminal/times.ts'
import { padToWidth, safeText } from '../terminal/width.ts'

type Paint = (colors: Colors, text: string) => string

const PAINT: Readonly<Record<string, Paint>> = {
  RUN_COMPLETED: (c, text) => c.green(text),
  RUN_FAILED: (c, text) => c.red(text),
  RUN_CANCELLED: (c, text) => c.magenta(text),
  RUN_CANCEL_REQUESTED: (c, text) => c.magenta(text),
  RUN_PAUSED: (c, text) => c.yellow(text),
  APPROVAL_REQUESTED: (c, text) => c.yellow(text),
  APPROVAL_EXPIRED: (c, text) => c.red(text),
  ARTIFACT_INVALID: (c, text) => c.red(text),
  ARTIFACT_VALIDATED: (c, text) => c.green(text),
  MESSAGE_SENT: (c, text) => c.magenta(text),
  PHASE_FAILED: (c, text) => c.red(text),
  PHASE_COMPLETED: (c, text) => c.green(text),
  ROUND_COMPLETED: (c, text) => c.green(text),
}

/** An event as one line: time, number, type and summary. */
export function eventLine(colors: Colors, event: Pick<RunEvent, 'at' | 'seq' | 'type' | 'summary'>): string {
  const { at, seq, type, summary } = event
  const paint = PAINT[type] ?? ((c: Colors, text: string) => c.cyan(text))
  const number = String(seq).padStart(3)
  return `${colors.dim(`${formatTime(at)} ${number}`)}  ${paint(colors, padToWidth(type, 20))}  ${safeText(summary)}`
}

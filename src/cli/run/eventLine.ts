import type { RunEvent } from '@pawl/sdk'
import type { Colors } from '../terminal/printer.ts'
import { formatTime } from '../terminal/times.ts'
import { padToWidth, safeText } from '../terminal/width.ts'

type Paint = (colors: Colors, text: string) => string

const PAINT: Readonly<Record<string, Paint>> = {
  'run.completed': (c, text) => c.green(text),
  'run.failed': (c, text) => c.red(text),
  'run.cancelled': (c, text) => c.magenta(text),
  'run.cancel_requested': (c, text) => c.magenta(text),
  'run.paused': (c, text) => c.yellow(text),
  'approval.requested': (c, text) => c.yellow(text),
  'approval.expired': (c, text) => c.red(text),
  'artifact.invalid': (c, text) => c.red(text),
  'artifact.validated': (c, text) => c.green(text),
  'message.sent': (c, text) => c.magenta(text),
  'phase.failed': (c, text) => c.red(text),
  'phase.completed': (c, text) => c.green(text),
  'round.completed': (c, text) => c.green(text),
}

/** An event as one line: time, number, type and summary. */
export function eventLine(colors: Colors, event: Pick<RunEvent, 'at' | 'seq' | 'type' | 'summary'>): string {
  const { at, seq, type, summary } = event
  const paint = PAINT[type] ?? ((c: Colors, text: string) => c.cyan(text))
  const number = String(seq).padStart(3)
  return `${colors.dim(`${formatTime(at)} ${number}`)}  ${paint(colors, padToWidth(type, 20))}  ${safeText(summary)}`
}

import type { Message, MessageStatus } from '@pawl/sdk'
import type { Colors, Printer } from '../terminal/printer.ts'
import { printTable } from '../terminal/table.ts'
import { formatTime } from '../terminal/times.ts'
import { safeText } from '../terminal/width.ts'

type Paint = (colors: Colors, text: string) => string

const PAINT: Readonly<Record<MessageStatus, Paint>> = {
  PENDING: (c, text) => c.yellow(text),
  DELIVERED: (c, text) => c.cyan(text),
  CONSUMED: (c, text) => c.green(text),
  UNDELIVERED: (c, text) => c.red(text),
}

/** One line about a message. */
export function messageLine(printer: Printer, { id, status, mode, sentBy, text }: Message): string {
  const { colors } = printer
  const paint = PAINT[status] ?? ((_: Colors, word: string) => word)
  const how = mode === 'FOLLOW_UP' ? ' (follow-up)' : ''
  return `${colors.dim(printer.ids(id))}  ${paint(colors, status)}  ${safeText(sentBy)}${how}: ${safeText(text)}`
}

/** Messages, one a line. */
export function printMessages(printer: Printer, messages: readonly Message[]): void {
  const { colors } = printer
  const rows = messages.map(({ id, status, mode, sentBy, sentAt, text }) => [
    printer.ids(id),
    PAINT[status]?.(colors, status) ?? status,
    mode,
    formatTime(sentAt),
    safeText(sentBy),
    safeText(text),
  ])
  printTable(printer, ['MESSAGE', 'STATUS', 'MODE', 'SENT', 'BY', 'TEXT'], rows, {
    givesWay: ['MODE', 'BY', 'SENT'],
  })
}

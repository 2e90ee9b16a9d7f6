import { formatCost } from '@pawl/sdk'
import type { FoldedEntry, PermissionState, StepStatus, ToolStatus } from '@pawl/sdk'
import type { Colors } from '../terminal/printer.ts'
import { formatDuration, formatTime } from '../terminal/times.ts'
import { safeLines, safeText, widthOf, wrap } from '../terminal/width.ts'

type Of<Kind extends FoldedEntry['kind']> = Extract<FoldedEntry, { readonly kind: Kind }>
type Paint = (colors: Colors, text: string) => string

const plain: Paint = (_, text) => text

/** The mark of a call, and its colour. */
const CALL_MARKS: Readonly<Record<ToolStatus, readonly [string, Paint]>> = {
  PENDING: ['▸', (c, text) => c.cyan(text)],
  IN_PROGRESS: ['▸', (c, text) => c.cyan(text)],
  COMPLETED: ['✓', (c, text) => c.green(text)],
  FAILED: ['✗', (c, text) => c.red(text)],
  CANCELLED: ['–', (c, text) => c.dim(text)],
}

const STEP_MARKS: Readonly<Record<StepStatus, string>> = { PENDING: '☐', IN_PROGRESS: '▸', COMPLETED: '☑' }

const PERMISSION_PAINT: Readonly<Record<PermissionState, Paint>> = {
  ASKED: (c, text) => c.yellow(text),
  ALLOWED: (c, text) => c.green(text),
  DENIED: (c, text) => c.red(text),
  EXPIRED: (c, text) => c.red(text),
  WITHDRAWN: (c, text) => c.dim(text),
}

/** How many lines of a tool's output are shown: its last. */
const MAX_OUTPUT_LINES = 10
/** Columns between the time and the text of an entry: the mark, and spaces. */
const MARK = 3

/** Whether an entry, as it is now, is worth lines of its own: how far a call has come is told at its beginning and its end. */
export function isShown(entry: FoldedEntry, isUpdate: boolean): boolean {
  if (!isUpdate || entry.kind !== 'TOOL_CALL') return true
  return entry.toolStatus !== null && !['PENDING', 'IN_PROGRESS'].includes(entry.toolStatus)
}

/** An entry in lines of at most so many columns, as far as words can be broken; untrusted text is made safe. */
export function entryLines(colors: Colors, entry: FoldedEntry, columns: number): string[] {
  const time = formatTime(entry.updatedAt)
  const indent = time.length + MARK
  const { mark, lines } = describe(colors, entry, Math.max(20, columns - indent))
  const head = `${colors.dim(time)} ${mark}`
  return (lines.length === 0 ? [''] : lines).map((line, index) =>
    index === 0 ? `${head} ${line}` : ' '.repeat(indent) + line,
  )
}

interface Described {
  readonly mark: string
  readonly lines: readonly string[]
}

function describe(colors: Colors, entry: FoldedEntry, width: number): Described {
  const wrapped = (text: string, paint: Paint = plain) =>
    safeLines(text).flatMap((line) => wrapLine(line, width).map((part) => paint(colors, part)))
  switch (entry.kind) {
    case 'PROMPT':
      return { mark: colors.cyan('»'), lines: wrapped(entry.text, (c, text) => c.cyan(text)) }
    case 'MESSAGE':
      return { mark: '●', lines: wrapped(entry.text) }
    case 'THOUGHT':
      return { mark: colors.dim('○'), lines: wrapped(entry.text, (c, text) => c.dim(text)) }
    case 'OUTPUT':
      return { mark: ' ', lines: wrapped(entry.text) }
    case 'TOOL_CALL':
      return describeCall(colors, entry, wrapped)
    case 'DIFF':
      return {
        mark: '±',
        lines: [
          colors.bold(safeText(entry.path)),
          ...safeLines(entry.hunks).map((line) => paintDiff(colors, line)),
        ],
      }
    case 'PLAN':
      return {
        mark: '≡',
        lines: entry.steps.flatMap(({ text, status }) => wrapped(`${STEP_MARKS[status]} ${text}`)),
      }
    case 'PERMISSION': {
      const state = PERMISSION_PAINT[entry.state](colors, entry.state)
      const [first = '', ...rest] = wrapped(entry.title ?? 'a permission')
      return { mark: '?', lines: [`${state} ${first}`, ...rest, ...(entry.note ? wrapped(entry.note) : [])] }
    }
    case 'USAGE':
      return { mark: colors.dim('Σ'), lines: wrapped(usageText(entry), (c, text) => c.dim(text)) }
    case 'ERROR': {
      const until = entry.resetAt === null ? '' : ` (until ${formatTime(entry.resetAt)})`
      const said = `${entry.code === null ? '' : `${entry.code}: `}${entry.message}${until}`
      return { mark: colors.red('!'), lines: wrapped(said, (c, text) => c.red(text)) }
    }
  }
}

type Wrapped = (text: string, paint?: Paint) => string[]

function describeCall(colors: Colors, call: Of<'TOOL_CALL'>, wrapped: Wrapped): Described {
  const { title, toolStatus, locations, output, key } = call
  const [mark, paint] = CALL_MARKS[toolStatus ?? 'PENDING']
  const places = (locations ?? [])
    .map(({ path, line }) => (line === null ? path : `${path}:${line}`))
    .filter((place) => !title?.includes(place))
  const where = places.length === 0 ? '' : ` (${places.join(', ')})`
  const lines = wrapped((title ?? key ?? 'a tool') + where)
  const told = output ? wrapped(output, (c, text) => c.dim(text)) : []
  const left = told.length - MAX_OUTPUT_LINES
  return {
    mark: paint(colors, mark),
    lines: [
      ...lines,
      ...(left > 0 ? [colors.dim(`… ${left} lines before these`)] : []),
      ...told.slice(-MAX_OUTPUT_LINES),
    ],
  }
}

function paintDiff(colors: Colors, line: string): string {
  if (line.startsWith('@@')) return colors.cyan(line)
  if (line.startsWith('+')) return colors.green(line)
  return line.startsWith('-') ? colors.red(line) : line
}

/** What a turn used, in words. */
function usageText(usage: Of<'USAGE'>): string {
  const { model, inputTokens, cachedTokens, outputTokens, reasoningTokens, costMicros, currency } = usage
  const part = (count: number | null, what: string) =>
    count === null ? [] : [`${count.toLocaleString('en')} ${what}`]
  const parts = [
    ...(model === null ? [] : [model]),
    ...part(inputTokens, 'tokens in'),
    ...part(cachedTokens, 'cached'),
    ...part(outputTokens, 'out'),
    ...part(reasoningTokens, 'reasoning'),
    ...(costMicros === null ? [] : [formatCost({ micros: costMicros, currency })]),
    ...(usage.durationMs === null ? [] : [formatDuration(usage.durationMs)]),
  ]
  return parts.join(', ') || 'a turn without figures'
}

/** A line as it is where it fits or is indented, as code is; else broken between words. */
function wrapLine(line: string, width: number): string[] {
  return widthOf(line) <= width || /^\s/.test(line) ? [line] : wrap(line, width)
}

import { createHash } from 'node:crypto'
import type { TranscriptEntryInput } from '@pawl/sdk'
import type { Entry } from '../kit/entry.ts'
import { cleanLine, cleanText } from './cleanText.ts'
import type { Secret } from './secrets.ts'

/** What the server takes: lengths in UTF-16 units, and numbers of items. */
export const ENTRY_LIMITS = {
  text: 65_536,
  title: 2_000,
  path: 4_096,
  key: 200,
  word: 200,
  items: 100,
} as const
const MAX_INT = 2_147_483_647

/** An entry as it is appended: within the server's limits, without secrets and control characters, whatever the agent sent. */
export function toEntryInput(entry: Entry, secrets: readonly Secret[]): TranscriptEntryInput {
  const text = (given: string) => cleanText(given, secrets, ENTRY_LIMITS.text)
  const line = (given: string, max: number = ENTRY_LIMITS.title) => cleanLine(given, secrets, max)
  const word = (given: string | undefined) =>
    given === undefined ? undefined : line(given, ENTRY_LIMITS.word)
  const key = (given: string | undefined) => given && toKey(line(given, ENTRY_LIMITS.text), given)
  const identity = { key: key(entry.key) || undefined, updates: key(entry.updates) || undefined }
  const about = ({ title, toolKind }: Pick<Extract<Entry, { kind: 'TOOL_CALL' }>, 'title' | 'toolKind'>) => ({
    title: title === undefined ? undefined : line(title),
    toolKind,
  })
  switch (entry.kind) {
    case 'PROMPT':
      return { prompt: { ...identity, text: text(entry.text) } }
    case 'MESSAGE':
      return { message: { ...identity, text: text(entry.text) } }
    case 'THOUGHT':
      return { thought: { ...identity, text: text(entry.text) } }
    case 'OUTPUT':
      return { output: { ...identity, stream: entry.stream, text: text(entry.text) } }
    case 'TOOL_CALL': {
      const { status: toolStatus, locations, text: output } = entry
      return {
        toolCall: {
          ...identity,
          ...about(entry),
          toolStatus,
          locations: locations
            ?.slice(0, ENTRY_LIMITS.items)
            .map((place) => ({ path: line(place.path, ENTRY_LIMITS.path), line: toCount(place.line) })),
          output: output === undefined ? undefined : text(output),
        },
      }
    }
    case 'DIFF':
      return { diff: { ...identity, path: line(entry.path, ENTRY_LIMITS.path), hunks: text(entry.text) } }
    case 'PLAN':
      return {
        plan: {
          ...identity,
          steps: entry.steps
            .slice(0, ENTRY_LIMITS.items)
            .map((step) => ({ text: line(step.text), status: step.status })),
        },
      }
    case 'PERMISSION': {
      const { state, approvalId, text: note } = entry
      return {
        permission: {
          ...identity,
          ...about(entry),
          state,
          approvalId,
          note: note === undefined ? undefined : text(note),
        },
      }
    }
    case 'USAGE':
      return {
        usage: {
          ...identity,
          model: word(entry.model),
          provider: word(entry.provider),
          inputTokens: toCount(entry.inputTokens),
          cachedTokens: toCount(entry.cachedTokens),
          outputTokens: toCount(entry.outputTokens),
          reasoningTokens: toCount(entry.reasoningTokens),
          costMicros: toCount(entry.costMicros, Number.MAX_SAFE_INTEGER),
          currency: word(entry.currency),
          durationMs: toCount(entry.durationMs),
          executionId: entry.executionId,
          phaseId: entry.phaseId,
        },
      }
    case 'ERROR': {
      const resetAt = toTime(entry.resetAt)
      return { error: { ...identity, code: word(entry.code), message: text(entry.text), resetAt } }
    }
  }
}

/** A key within the limit; the end of a longer key is replaced by a hash, so that keys stay distinct. */
function toKey(line: string, given: string): string {
  if (line.length <= ENTRY_LIMITS.key) return line
  const hash = createHash('sha256').update(given).digest('hex').slice(0, 32)
  return `${cleanLine(line, [], ENTRY_LIMITS.key - hash.length - 1)}#${hash}`
}

/** A whole number that can be; what an agent tells else is left out. */
function toCount(value: number | undefined, max = MAX_INT): number | undefined {
  return value !== undefined && Number.isInteger(value) && value >= 0 && value <= max ? value : undefined
}

/** The last moment that the database and JavaScript write alike. */
const LAST_TIME = Date.parse('9999-12-31T23:59:59Z')

function toTime(ms: number | undefined): string | undefined {
  return ms !== undefined && ms >= 0 && ms <= LAST_TIME ? new Date(ms).toISOString() : undefined
}

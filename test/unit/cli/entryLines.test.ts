import { foldTranscript } from '@pawl/sdk'
import type { TranscriptEntry } from '@pawl/sdk'
import { describe, expect, it } from 'vitest'
import { entryLines } from '../../../src/cli/print/entryLines.ts'
import { createPrinter } from '../../../src/cli/terminal/printer.ts'
import { widthOf } from '../../../src/cli/terminal/width.ts'

const { colors } = createPrinter({ write: () => undefined }, { env: { NO_COLOR: '1' }, argv: [] })
const common = { seq: 1, at: '2026-01-01T00:00:00Z', key: null, updates: null }
const linesOf = (entry: TranscriptEntry, columns = 80): string[] =>
  foldTranscript([entry]).flatMap((folded) => entryLines(colors, folded, columns))

const USAGE = {
  ...common,
  kind: 'USAGE',
  model: null,
  provider: null,
  inputTokens: 12_000,
  cachedTokens: null,
  outputTokens: 300,
  reasoningTokens: null,
  costMicros: 12_300,
  currency: 'USD',
  durationMs: 4_200,
} as const

describe('an entry on a terminal', () => {
  it('is as wide as the terminal at most, from 80 columns on, code apart', () => {
    const text = `${'some words that go on '.repeat(20)}\n    ${'code '.repeat(3)}\n漢字 ${'漢字 '.repeat(40)}`
    for (const columns of [80, 100, 200]) {
      const lines = linesOf({ ...common, kind: 'MESSAGE', text }, columns)
      expect(lines.filter((line) => widthOf(line) > columns)).toEqual([])
      expect(lines.length).toBeGreaterThan(4)
    }
  })

  it('never commands it, and shows what would hide', () => {
    const hostile = 'a\u001b]0;title\u0007b\u202ec\u009bd'
    const call: TranscriptEntry = {
      ...common,
      kind: 'TOOL_CALL',
      title: hostile,
      toolKind: null,
      toolStatus: 'FAILED',
      locations: [{ path: hostile, line: 3 }],
      output: hostile,
    }
    const steps = [{ text: hostile, status: 'IN_PROGRESS' as const }]
    const question = {
      title: hostile,
      toolKind: null,
      state: 'ASKED',
      approvalId: null,
      note: hostile,
    } as const
    const said: TranscriptEntry[] = [
      call,
      { ...common, kind: 'MESSAGE', text: hostile },
      { ...common, kind: 'DIFF', path: hostile, hunks: `+${hostile}` },
      { ...common, kind: 'PLAN', steps },
      { ...common, kind: 'PERMISSION', ...question },
      { ...common, kind: 'ERROR', code: hostile, message: hostile, resetAt: null },
      { ...USAGE, model: hostile },
    ]
    for (const entry of said)
      // oxlint-disable-next-line no-control-regex
      for (const line of linesOf(entry)) expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/)
  })

  it('shows of a long output the end, and how much came before', () => {
    const output = Array.from({ length: 30 }, (_, i) => `line ${i}`).join('\n')
    const call = {
      ...common,
      kind: 'TOOL_CALL',
      title: 'ls',
      toolKind: null,
      toolStatus: 'COMPLETED',
    } as const
    const lines = linesOf({ ...call, locations: null, output })
    expect(lines.map((line) => line.trim()).slice(1, 3)).toEqual(['… 20 lines before these', 'line 20'])
    expect(lines).toHaveLength(12)
  })

  it('gives the figures that are known, and no others', () => {
    expect(linesOf(USAGE).join('')).toContain('12,000 tokens in, 300 out, 0.0123 USD, 4.2s')
  })
})

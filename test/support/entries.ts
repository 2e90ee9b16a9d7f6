import type { TranscriptEntryInput } from '@pawl/sdk'
import type { EntryContent } from '../../src/lifecycle/activity/entries.ts'

/** Output as entries to append through the API. */
export const toOutput = (...texts: readonly string[]): TranscriptEntryInput[] =>
  texts.map((text) => ({ output: { text } }))

/** Output as entries to append by the use case. */
export const toContents = (...texts: readonly string[]): EntryContent[] =>
  texts.map((text) => ({
    kind: 'OUTPUT',
    key: null,
    updates: null,
    title: null,
    text,
    data: { stream: 'STDOUT' },
  }))

import { entryText, foldTranscript, TranscriptFold } from '@pawl/sdk'
import type { TranscriptEntry } from '@pawl/sdk'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const at = (seq: number) => `2026-01-01T00:00:${String(seq).padStart(2, '0')}.000Z`
const common = (seq: number, key: string | null, updates: string | null) => ({
  seq,
  at: at(seq),
  key,
  updates,
})

type Call = Extract<TranscriptEntry, { readonly kind: 'TOOL_CALL' }>
const call = (seq: number, key: string | null, updates: string | null, fields: Partial<Call> = {}): Call => ({
  kind: 'TOOL_CALL',
  title: null,
  toolKind: null,
  toolStatus: null,
  locations: null,
  output: null,
  ...fields,
  ...common(seq, key, updates),
})
const message = (seq: number, text: string): TranscriptEntry => ({
  kind: 'MESSAGE',
  text,
  ...common(seq, null, null),
})

describe('a folded transcript', () => {
  const said = [
    call(1, 'a', null, { title: 'npm test', toolKind: 'EXECUTE', toolStatus: 'PENDING' }),
    message(2, 'meanwhile'),
    call(3, null, 'a', { toolStatus: 'IN_PROGRESS', locations: [{ path: 'x.ts', line: 3 }] }),
    call(4, null, 'a', { toolStatus: 'COMPLETED', output: 'ok' }),
  ]

  it('has each update in the entry that it updates: what is given replaces, what is null stays', () => {
    expect(foldTranscript(said)).toEqual([
      {
        ...call(1, 'a', null, { title: 'npm test', toolKind: 'EXECUTE', toolStatus: 'COMPLETED' }),
        locations: [{ path: 'x.ts', line: 3 }],
        output: 'ok',
        lastSeq: 4,
        updatedAt: at(4),
      },
      { ...message(2, 'meanwhile'), lastSeq: 2, updatedAt: at(2) },
    ])
  })

  it('is the same however it comes, and whatever comes twice', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(said.length), { maxLength: 6 }), (cuts) => {
        const fold = new TranscriptFold()
        for (const cut of cuts) fold.add(said.slice(0, cut))
        fold.add(said)
        expect(fold.entries).toEqual(foldTranscript(said))
        const { entries } = fold
        fold.add(said)
        expect(fold.entries).toBe(entries)
      }),
    )
  })

  it('shows an update of what is not there, or is of another kind, as an entry of its own', () => {
    const entries = foldTranscript([
      { ...message(1, 'm'), key: 'x' },
      call(2, null, 'x', { title: 'first' }),
      call(3, null, 'x', { toolStatus: 'FAILED' }),
      call(4, '__proto__', '__proto__', { title: 'second' }),
    ])
    expect(entries.map((entry) => [entry.kind, entryText(entry), entry.lastSeq])).toEqual([
      ['MESSAGE', 'm', 1],
      ['TOOL_CALL', 'first', 3],
      ['TOOL_CALL', 'second', 4],
    ])
  })

  it('takes a key that is used again for the entry that had it last', () => {
    const entries = foldTranscript([
      call(1, 'a', null, { title: 'one' }),
      call(2, 'a', null, { title: 'two' }),
      call(3, null, 'a', { toolStatus: 'COMPLETED' }),
    ])
    expect(entries.map((entry) => entry.lastSeq)).toEqual([1, 3])
  })
})

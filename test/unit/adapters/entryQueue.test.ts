import type { TranscriptEntryInput } from '@pawl/sdk'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Entry } from '../../../src/adapters/kit/entry.ts'
import { toEntryInput } from '../../../src/adapters/transcript/entryInput.ts'
import { EntryQueue } from '../../../src/adapters/transcript/entryQueue.ts'
import { isStorable } from '../../../src/text/composeText.ts'
import { HeadAndTail } from '../../../src/adapters/transcript/headAndTail.ts'

const secrets = [{ name: 'API_KEY', value: 'sk-live-0123456789' }]
const AT_ONCE = 1_000_000_000

/** What a queue makes of reported entries, all of it. */
function gather(reported: readonly Entry[], maxSize = 1_000_000): TranscriptEntryInput[] {
  const queue = new EntryQueue(secrets, maxSize)
  for (const entry of reported) queue.report(entry, 0)
  queue.flush(0)
  return queue.take(0, AT_ONCE)
}

const said = (text: string): Entry => ({ kind: 'MESSAGE', text, isPiece: true })
const thought = (text: string): Entry => ({ kind: 'THOUGHT', text, isPiece: true })

describe('pieces', () => {
  it('are one entry, however they are cut, and hold no secret that is cut in two', () => {
    const text = 'The key is sk-live-0123456789 and é𝄞 \u001b[1mbold\u001b[0m.'
    fc.assert(
      fc.property(fc.array(fc.nat(text.length), { maxLength: 8 }), (cuts) => {
        const places = [0, ...cuts.toSorted((a, b) => a - b), text.length]
        const pieces = places.slice(1).map((end, i) => said(text.slice(places[i], end)))
        expect(gather(pieces)).toEqual([
          {
            message: { key: undefined, updates: undefined, text: 'The key is [API_KEY hidden] and é𝄞 bold.' },
          },
        ])
      }),
    )
  })

  it('end where something else begins, also by what it used, and not by news of what began before or output', () => {
    const entries = gather([
      thought('hm'),
      said('I '),
      { kind: 'TOOL_CALL', updates: 'before', status: 'COMPLETED' },
      { kind: 'OUTPUT', stream: 'STDERR', text: 'warn', isPiece: true },
      { kind: 'OUTPUT', stream: 'STDERR', text: 'ing\n', isPiece: true },
      said('see'),
      { kind: 'TOOL_CALL', key: 'next', title: 'ls' },
      said('done'),
      { kind: 'USAGE', inputTokens: 3 },
    ])
    expect(entries.map((entry) => Object.values(entry)[0]?.text ?? Object.keys(entry)[0])).toEqual([
      'hm',
      'toolCall',
      'warning\n',
      'I see',
      'toolCall',
      'done',
      'usage',
    ])
  })

  it('of different keys are different messages', () => {
    const piece = (key: string, text: string): Entry => ({ kind: 'MESSAGE', key, text, isPiece: true })
    const entries = gather([piece('a', '1'), piece('a', '2'), piece('b', '3')])
    expect(entries.map(({ message }) => message?.text)).toEqual(['12', '3'])
  })
})

describe('what a hostile agent tells', () => {
  it('is bounded: a huge message keeps its beginning and its end, and says how much was left out', () => {
    const [entry] = gather(Array.from({ length: 2_000 }, (_, i) => said(`${i} ${'x'.repeat(1_000)}\n`)))
    const text = entry?.message?.text ?? ''
    expect(text.length).toBeLessThanOrEqual(65_536)
    expect(text).toMatch(/^0 x+\n1 x/)
    expect(text).toMatch(/\n\[\d+ characters are left out here\]\n[^]*\n1999 x+\n$/)
  })

  it('in a flood keeps the last, and says how many are left out', () => {
    const calls = Array.from({ length: 10_000 }, (_, i): Entry => ({ kind: 'TOOL_CALL', title: `call ${i}` }))
    const entries = gather(calls, 2_000)
    const left = Number(/\[(\d+) entries are left out here\]/.exec(entries[0]?.output?.text ?? '')?.[1])
    expect(left + entries.length - 1).toBe(10_000)
    expect(entries.at(-1)?.toolCall?.title).toBe('call 9999')
    expect(JSON.stringify(entries).length).toBeLessThan(3_000)
  })

  it('has keys, lines and numbers that the server takes, and keys that are still told apart', () => {
    const long = 'k'.repeat(10_000)
    const input = (key: string) =>
      toEntryInput({ kind: 'TOOL_CALL', key, title: `a\u0000\n\u001b]0;x\u0007b\ud800` }, secrets)
    expect(input('').toolCall?.key).toBeUndefined()
    expect(input(long).toolCall?.key?.length).toBeLessThanOrEqual(200)
    expect(input(`${long}1`).toolCall?.key).not.toBe(input(`${long}2`).toolCall?.key)
    expect(input('x').toolCall?.title).toBe('a b\ufffd')
    const usage = {
      inputTokens: -1,
      outputTokens: 1.5,
      cachedTokens: NaN,
      reasoningTokens: 7,
      costMicros: 1e300,
    }
    expect(toEntryInput({ kind: 'USAGE', ...usage }, secrets).usage).toMatchObject({
      inputTokens: undefined,
      outputTokens: undefined,
      cachedTokens: undefined,
      reasoningTokens: 7,
      costMicros: undefined,
    })
    const error: Entry = { kind: 'ERROR', text: 'sk-live-0123456789', resetAt: Infinity }
    expect(toEntryInput(error, secrets).error).toMatchObject({
      message: '[API_KEY hidden]',
      resetAt: undefined,
    })
    const steps = Array.from({ length: 500 }, () => ({ text: 'x'.repeat(5_000), status: 'PENDING' as const }))
    const { plan } = toEntryInput({ kind: 'PLAN', steps }, secrets)
    expect([plan?.steps.length, plan?.steps[0]?.text.length]).toEqual([100, 2_000])
  })

  it('is cut between characters', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', '𝄞', '\n'), { maxLength: 400 }),
        fc.nat(300),
        (parts, more) => {
          const kept = new HeadAndTail(110 + more)
          for (const part of parts) kept.add(part)
          expect(isStorable(kept.toString())).toBe(true)
          const whole = parts.join('')
          if (whole.length <= 7) expect(kept.toString()).toBe(whole)
          expect(kept.length).toBe(whole.length)
        },
      ),
    )
  })
})

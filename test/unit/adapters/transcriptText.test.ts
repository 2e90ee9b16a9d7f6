import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteRing } from '../../../src/adapters/transcript/byteRing.ts'
import { PlainText } from '../../../src/adapters/transcript/plainText.ts'
import { findSecrets, Masker } from '../../../src/adapters/transcript/secrets.ts'
import { TranscriptText } from '../../../src/adapters/transcript/transcriptText.ts'

/** Cuts bytes at these places, as a pipe may. */
function cutAt(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length]
  return places.slice(1).map((end, i) => bytes.subarray(places[i], end))
}

const cuts = fc.array(fc.nat(), { maxLength: 12 })

describe('the text of a transcript', () => {
  const secrets = [
    { name: 'API_KEY', value: 'sk-sk-live-é𝄞' },
    { name: 'PAWL_TOKEN', value: 'sk-live' },
  ]
  const piece = fc.constantFrom(
    'sk-',
    'live',
    '-é',
    '𝄞',
    'plain ',
    '\u001b[1m',
    '\r',
    '\n',
    '\u001b]0;title\u0007',
    '€',
    '\u001b[2J',
  )

  it('is the same however the bytes are cut, and anyone who continues from a carry', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), cuts, fc.nat(), (pieces, places, takeover) => {
        const bytes = Buffer.from(pieces.join(''))
        const whole = new TranscriptText(secrets)
        const expected = whole.take(bytes) + whole.end()
        let text = new TranscriptText(secrets)
        let got = ''
        const parts = cutAt(bytes, places)
        parts.forEach((part, i) => {
          if (i === takeover % parts.length)
            text = new TranscriptText(secrets, JSON.parse(JSON.stringify(text.carry)))
          got += text.take(part)
        })
        expect(got + text.end()).toBe(expected)
      }),
      { numRuns: 500 },
    )
  })

  it('never holds a secret, however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), cuts, (pieces, places) => {
        const bytes = Buffer.from(`${pieces.join('')}sk-sk-live-é𝄞${pieces.join('')}sk-live`)
        const text = new TranscriptText(secrets)
        let got = ''
        for (const part of cutAt(bytes, places)) got += text.take(part)
        got += text.end()
        expect(got).not.toContain('sk-live')
        expect(got).toContain('[API_KEY hidden]')
      }),
      { numRuns: 300 },
    )
  })

  it('shows what is no UTF-8 as such, and no NUL', () => {
    const text = new TranscriptText([])
    expect(text.take(Buffer.from([0x61, 0xff, 0x62, 0, 0xe2, 0x82])) + text.end()).toBe('a\uFFFDb\uFFFD')
  })

  it('shows no part of a secret beside a gap', () => {
    const value = 'the-secret-of-this-test'
    for (let cut = 1; cut < value.length; cut += 1) {
      const text = new TranscriptText([{ name: 'A_TOKEN', value }])
      const before = text.take(Buffer.from(`before ${value.slice(0, cut)}`))
      const { text: after } = text.takeAfterGap(
        Buffer.from(`${value.slice(cut)} and ${'é'.repeat(100)} after`),
      )
      expect(before).toBe('before ')
      expect(after).toMatch(/^é+ after$/)
    }
  })
})

describe('secrets', () => {
  it('are told by the names of their variables, and by having some length', () => {
    const env = {
      PATH: '/usr/bin:/bin',
      OPENAI_API_KEY: 'sk-12345678',
      MY_PASSWORD: 'hunter2',
      PAWL_TOKEN: 'short',
      db_password: 'long enough',
      EMPTY_TOKEN: '',
    }
    expect(findSecrets(env).map(({ name }) => name)).toEqual(['OPENAI_API_KEY', 'PAWL_TOKEN', 'db_password'])
  })

  it('are hidden also in JSON, in an address, and line by line', () => {
    const value = 'first "line" 1\nsecond/line+2'
    const masker = new Masker([{ name: 'K_KEY', value }])
    const shown =
      masker.take(`${JSON.stringify(value)} ${encodeURIComponent('second/line+2')} first "line" 1.`) +
      masker.end()
    expect(shown).not.toMatch(/line/)
  })

  it('are hidden to a good part where the output ends within one', () => {
    const masker = new Masker([{ name: 'K_KEY', value: '0123456789abcdef' }])
    expect(masker.take('x 0123456789ab')).toBe('x ')
    expect(masker.end()).toBe('[hidden]')
  })
})

describe('plain text', () => {
  const plain = (text: string) => {
    const stream = new PlainText()
    return stream.take(text) + stream.end()
  }

  it('has no sequences, and lines where the cursor went to another line', () => {
    expect(plain('\u001b[1;32mok\u001b[0m \u001b]8;;http://x\u0007link\u001b]8;;\u001b\\!')).toBe('ok link!')
    expect(plain('a\u001b[10;1Hb\u001b[2J\u001b[Hc\u001b[5Gd')).toBe('a\nb\nc d')
    expect(plain('10%\r20%\r\r\ndone\r\n')).toBe('10%\n20%\ndone\n')
    expect(plain('\u001b(B\u001b[?2004h\u001b>$ \u0007x\u001bPq\u001b\\y')).toBe('$ xy')
  })

  it('leaves other text as it is', () => {
    expect(plain('a\n\n\n\tb  c\n')).toBe('a\n\n\n\tb  c\n')
  })

  it('does not wait without end for the end of what only begins like a sequence', () => {
    const stream = new PlainText()
    expect(stream.take(`\u001b]${'x'.repeat(10_000)}`)).toContain('xxx')
  })
})

describe('a ring of bytes', () => {
  it('keeps the last bytes in order, and counts those lost', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.nat(7), fc.uint8Array({ maxLength: 25 })), { maxLength: 40 }),
        (steps) => {
          const ring = new ByteRing(10)
          let held: number[] = []
          let lost = 0
          for (const step of steps) {
            if (typeof step !== 'number') {
              ring.write(step)
              held.push(...step)
              const over = Math.max(0, held.length - 10)
              held = held.slice(over)
              lost += over
            } else {
              const taken = ring.take(step)
              expect([...taken.bytes]).toEqual(held.slice(0, step))
              expect(taken.lost).toBe(lost)
              held = held.slice(step)
              lost = 0
            }
            expect(ring.size).toBe(held.length)
          }
        },
      ),
    )
  })
})

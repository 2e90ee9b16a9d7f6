import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { composeText, isStorable } from '../../../src/text/composeText.ts'
import { quoteCommand, quoteWord } from '../../../src/text/quoteCommand.ts'

const ROCKET = '\u{1f680}'

describe('composed text', () => {
  it('is storable and within its bounds, whatever it is made of', () => {
    const units = fc.array(
      fc.oneof(
        fc.integer({ min: 0, max: 0xff_ff }).map((unit) => String.fromCharCode(unit)),
        fc.constantFrom('\0', '\ud83d', '\ude00', ROCKET, '\u202e', 'a'),
      ),
    )
    const anyText = units.map((list) => list.join(''))
    const keep = fc.constantFrom('START' as const, 'END' as const, 'BOTH' as const)
    fc.assert(
      fc.property(anyText, fc.nat(20), keep, (text, spare, kept) => {
        const max = spare + 3
        const composed = composeText(text, { max, keep: kept })
        expect(isStorable(composed)).toBe(true)
        expect(composed.length).toBeLessThanOrEqual(max)
        if (isStorable(text)) expect(composeText(text)).toBe(text)
      }),
    )
  })

  it('is cut between characters, at the end that is to go', () => {
    const text = ROCKET.repeat(5)
    expect(composeText(text, { max: 10 })).toBe(text)
    expect(composeText(text, { max: 6 })).toBe(`${ROCKET}${ROCKET}…`)
    expect(composeText(text, { max: 6, keep: 'END' })).toBe(`…${ROCKET}${ROCKET}`)
    expect(composeText(text, { max: 9, keep: 'BOTH' })).toBe(`${ROCKET} … ${ROCKET}`)
  })

  it('shows what can not be kept', () => {
    expect(composeText('a\0b\ud83dc\ude00')).toBe('a\ufffdb\ufffdc\ufffd')
  })

  it('keeps the beginning of a long command', () => {
    expect(quoteCommand(['echo', `it's ${ROCKET}`])).toBe(`echo 'it'\\''s ${ROCKET}'`)
    expect(quoteCommand(['echo', 'x'.repeat(2_000)])).toHaveLength(1_000)
  })
})

describe('a quoted word', () => {
  it('is read by a shell as it was, wherever it stands', () => {
    const words = [
      "it's",
      '',
      '{a,b}',
      '{1..3}',
      '{prompt}',
      'a=b',
      '=ls',
      '~',
      '*',
      '$HOME',
      '--flag=x,y',
      '# no',
      '-n',
      '\n',
    ]
    const script = `f() { printf '%s\\0' "$@"; }; f ${words.map(quoteWord).join(' ')}`
    for (const shell of ['sh', 'bash'])
      expect(execFileSync(shell, ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1)).toEqual(
        words,
      )
  })

  it('stays as it is where every shell takes it so', () => {
    expect(quoteCommand(['pawl', 'run', '--label=a,b', '{prompt}', './x'])).toBe(
      'pawl run --label=a,b {prompt} ./x',
    )
    expect(quoteCommand(['A=b', 'env'])).toBe("'A=b' env")
  })
})

import { showInvisible } from '@pawl/sdk'
import { expect, it } from 'vitest'
import { escapeInvisible } from '../../../src/text/showInvisible.ts'

it.each([
  ['invoice\u202egpj.exe', 'invoice\\u{202e}gpj.exe'],
  ['if (admin\u2066) {', 'if (admin\\u{2066}) {'],
  ['a\u200bb\ufeffc\u00add', 'a\\u{200b}b\\u{feff}c\\u{ad}d'],
  ['tag\u{e0041}\u{e0042}', 'tag\\u{e0041}\\u{e0042}'],
  ['\u061c\u115f\u3164\u034f', '\\u{61c}\\u{115f}\\u{3164}\\u{34f}'],
  ['half \ud83d, line \u2028, bell \u0007', 'half \\u{d83d}, line \\u{2028}, bell \\u{7}'],
  ['hidden\ufe01\u{e0101}', 'hidden\\u{fe01}\\u{e0101}'],
  ['a\u200db', 'a\\u{200d}b'],
])('writes out what can not be seen in %j', (text, shown) => {
  expect(showInvisible(text)).toBe(shown)
})

it.each(['naïve – 漢字 हिन्दी עברית العربية', 'two\n\tlines', '👩‍👩‍👧 🏳️‍🌈 👍🏽 👩🏽‍🚀 ❤️ 1️⃣', ''])(
  'leaves as it is what is seen: %j',
  (text) => {
    expect(showInvisible(text)).toBe(text)
  },
)

it('is the same for JSON, whose value stays what it was', () => {
  const differing: string[] = []
  // JSON escapes halves of characters by itself
  const planes = [
    [0x20, 0xd7ff],
    [0xe000, 0xffff],
    [0x1bc00, 0x1d200],
    [0xe0000, 0xe1000],
  ] as const
  const codes = planes.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, at) => from + at))
  for (const code of codes) {
    const character = String.fromCodePoint(code)
    const json = escapeInvisible(character)
    const isSame = (showInvisible(character) === character) === (json === character)
    const isKept = json === character || JSON.parse(`"${json}"`) === character
    if (!isSame || !isKept) differing.push(code.toString(16))
  }
  expect(differing).toEqual([])
})

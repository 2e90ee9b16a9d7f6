import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { objectToJson } from '../../../src/text/objectToJson.ts'

const LIMITS = { bytes: 1_000, values: 100, depth: 8 }

describe('what is objected to a JSON value', () => {
  it.each([
    ['a whole number that would be rounded', '{"a":[1,12345678901234567890]}', ['a', '1'], /2\^53/],
    ['the first that would be', '9007199254740992', [], /2\^53/],
    ['a number too large for any', '{"n":1e400}', ['n'], /number that JSON does not have/],
    ['half of a character', String.raw`{"a":{"b":"\ud83d"}}`, ['a', 'b'], /half of a character/],
    ['a NUL', String.raw`["\u0000"]`, ['0'], /NUL/],
    ['a NUL in a key', String.raw`{"a\u0000":1}`, [], /has a key that holds a NUL/],
    ['the key of the prototype', '{"a":{"__proto__":1}}', ['a', '__proto__'], /key that can not be kept/],
    ['its key in other words', String.raw`{"\u005f_proto__":1}`, ['__proto__'], /key that can not be kept/],
    [
      'deep nesting',
      `${'['.repeat(9)}0${']'.repeat(9)}`,
      Array.from({ length: 9 }, () => '0'),
      /deeper than 8/,
    ],
    ['many values', `[${'0,'.repeat(99)}0]`, [], /more than 100 values/],
    ['a long text', `["${'€'.repeat(400)}"]`, [], /longer than 1000 bytes/],
    ['a long key', `{"${'x'.repeat(1_000)}":1}`, [], /longer than 1000 bytes/],
  ])('names %s', (_, text, path, message) => {
    const found = objectToJson(JSON.parse(text), LIMITS)
    expect(found?.path).toEqual(path)
    expect(found?.message).toMatch(message)
  })

  it.each([
    ['the largest whole number', '9007199254740991'],
    ['a fraction', '0.1'],
    ['any character', JSON.stringify({ 'a\u{1f680}': '\u202e' })],
    ['a key that every object inherits', '{"constructor":{"hasOwnProperty":null}}'],
    ['as deep as may be', `${'['.repeat(8)}${']'.repeat(8)}`],
    ['as many as may be', `[${'0,'.repeat(98)}0]`],
    ['as long as may be', JSON.stringify('x'.repeat(998))],
  ])('is nothing for %s', (_, text) => {
    expect(objectToJson(JSON.parse(text), LIMITS)).toBeUndefined()
  })

  it('names what is no JSON at all', () => {
    expect(objectToJson({ a: undefined })).toMatchObject({ path: ['a'] })
    expect(objectToJson([Number.NaN])).toMatchObject({ path: ['0'] })
    expect(objectToJson({ f: () => 1 })).toMatchObject({ path: ['f'] })
  })

  it('lets pass what JSON gives back as it is, and nothing else', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 4 }), (text) => {
        const value: unknown = JSON.parse(text)
        if (!objectToJson(value)) expect(JSON.parse(JSON.stringify(value))).toEqual(value)
      }),
    )
  })
})

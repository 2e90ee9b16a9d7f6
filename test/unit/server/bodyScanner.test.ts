import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type BodyLimits, BodyScanner, type Excess } from '../../../src/server/http/bodyScanner.ts'

const NONE: BodyLimits = { bytes: Infinity, otherBytes: Infinity, values: Infinity, depth: 1_000 }

/** Gives the scanner a text in pieces of so many bytes. */
function scan(text: string, limits: Partial<BodyLimits>, pieces = 7): Excess | undefined {
  const scanner = new BodyScanner({ ...NONE, ...limits })
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += pieces) {
    const excess = scanner.take(bytes.subarray(at, at + pieces))
    if (excess) return excess
  }
  return undefined
}

function countValues(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1
  return Object.values(value).reduce<number>((sum, each) => sum + countValues(each), 1)
}

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  return 1 + Math.max(0, ...Object.values(value).map(depthOf))
}

describe('the scanner of a body', () => {
  it('counts the values and the nesting of any JSON, however it is cut', () => {
    const space = fc.constantFrom(undefined, 1, '\t')
    fc.assert(
      fc.property(
        fc.jsonValue({ maxDepth: 5 }),
        space,
        fc.integer({ min: 1, max: 9 }),
        (value, indent, pieces) => {
          const text = JSON.stringify(value, null, indent)
          const [values, depth] = [countValues(value), depthOf(value)]
          expect(scan(text, { values, depth }, pieces)).toBeUndefined()
          expect(scan(text, { values: values - 1 }, pieces)).toBe('values')
          if (depth > 0) expect(scan(text, { depth: depth - 1 }, pieces)).toBe('depth')
        },
      ),
    )
  })

  it.each([
    ['a list of very many numbers', `[${'0,'.repeat(1_000)}0]`, { values: 1_000 }, 'values'],
    ['very deep lists', '['.repeat(101), { depth: 100 }, 'depth'],
    ['very deep objects', '{"a":'.repeat(101), { depth: 100 }, 'depth'],
    ['brackets within a string', JSON.stringify('[[{"\\",,,[['), { values: 1, depth: 0 }, undefined],
    ['a string that ends in a backslash', String.raw`["a\\",[]]`, { values: 3, depth: 2 }, undefined],
    ['what is no JSON', ']]}}"', { values: 1, depth: 0 }, undefined],
  ])('knows %s', (_, text, limits, excess) => {
    expect(scan(text, limits)).toBe(excess)
  })

  it('counts the content of files and of patches apart', () => {
    const long = 'x'.repeat(1_000)
    const limits = { otherBytes: 500, bytes: 1_500 }
    expect(scan(JSON.stringify({ a: { content: long, b: 1 } }), limits)).toBeUndefined()
    expect(scan(JSON.stringify({ patch: [long.slice(500), 'x'.repeat(400)] }), limits)).toBeUndefined()
    expect(scan(JSON.stringify({ content: long + long }), limits)).toBe('bytes')
    for (const key of ['contents', 'conten', 'title', 'Content'])
      expect(scan(JSON.stringify({ content: '', [key]: long }), limits)).toBe('otherBytes')
  })
})

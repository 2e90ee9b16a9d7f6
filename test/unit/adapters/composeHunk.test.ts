import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { composeHunk } from '../../../src/adapters/kit/composeHunk.ts'

describe('a hunk', () => {
  it('shows what differs with three lines around it', () => {
    const before = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', ''].join('\n')
    const after = ['a', 'b', 'c', 'd', 'E', 'F', 'f', 'g', 'h', 'i', ''].join('\n')
    expect(composeHunk(before, after)).toBe(
      ['@@ -2,7 +2,8 @@', ' b', ' c', ' d', '-e', '+E', '+F', ' f', ' g', ' h', ''].join('\n'),
    )
    expect(composeHunk(before, before)).toBe('')
    expect(composeHunk(null, 'new\n')).toBe('@@ -0,0 +1,1 @@\n+new\n')
    expect(composeHunk('a\n', 'a')).toBe('@@ -1,1 +1,1 @@\n-a\n+a\n\\ No newline at end of file\n')
  })

  it('is what git applies to get from one text to the other', () => {
    const folder = mkdtempSync(join(tmpdir(), 'pawl-hunk-'))
    const text = fc
      .array(fc.constantFrom('a', 'b', '', ' c', '-d'), { maxLength: 12 })
      .map((lines) => lines.join('\n'))
    try {
      fc.assert(
        fc.property(text, text, (before, after) => {
          // git takes an empty file for none
          fc.pre(before !== after && before !== '' && after !== '')
          writeFileSync(join(folder, 'f'), before)
          const patch = `--- a/f\n+++ b/f\n${composeHunk(before, after)}`
          execFileSync('git', ['apply', '--unidiff-zero', '-'], { cwd: folder, input: patch })
          expect(readFileSync(join(folder, 'f'), 'utf8')).toBe(after)
        }),
        { numRuns: 25 },
      )
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

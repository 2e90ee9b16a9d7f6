import { createTwoFilesPatch } from 'diff'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { buildTree } from '../../../web/src/activity/diff/buildTree.ts'
import { composeFeedback } from '../../../web/src/activity/diff/feedback.ts'
import { compareTexts, type DiffFile, parseDiff } from '../../../web/src/activity/diff/parseDiff.ts'
import { splitRows } from '../../../web/src/activity/diff/splitRows.ts'

const PATCH = `diff --git a/src/retry.ts b/src/retry.ts
index 1111111..2222222 100644
--- a/src/retry.ts
+++ b/src/retry.ts
@@ -10,4 +10,5 @@ export function retry() {
   const a = 1
-  const b = 2
+  const b = 3
+  const c = 4
   return a
 }
diff --git a/old name.md b/new name.md
similarity index 100%
rename from old name.md
rename to new name.md
diff --git a/logo.png b/logo.png
new file mode 100644
index 0000000..3333333
Binary files /dev/null and b/logo.png differ
diff --git a/gone.txt b/gone.txt
deleted file mode 100644
index 4444444..0000000
--- a/gone.txt
+++ /dev/null
@@ -1 +0,0 @@
-last words
\\ No newline at end of file
`.replaceAll('\\\\', '\\')

const rowsOf = (file: DiffFile | undefined) => file?.hunks.flatMap(({ rows }) => rows) ?? []

describe('a patch of git', () => {
  it('is read by file: changed, renamed, binary and deleted ones', () => {
    const files = parseDiff(PATCH)
    expect(
      files.map(({ path, previousPath, change, isBinary, insertions, deletions }) => [
        path,
        previousPath,
        change,
        isBinary,
        insertions,
        deletions,
      ]),
    ).toEqual([
      ['src/retry.ts', null, 'modified', false, 2, 1],
      ['new name.md', 'old name.md', 'renamed', false, 0, 0],
      ['logo.png', null, 'added', true, 0, 0],
      ['gone.txt', null, 'deleted', false, 0, 1],
    ])
  })

  it('numbers its lines on both sides', () => {
    const [file] = parseDiff(PATCH)
    expect(rowsOf(file).map(({ kind, before, after }) => [kind, before, after])).toEqual([
      ['same', 10, 10],
      ['removed', 11, null],
      ['added', null, 11],
      ['added', null, 12],
      ['same', 12, 13],
      ['same', 13, 14],
    ])
  })

  it('that was cut anywhere is read as far as it goes', () => {
    const [whole] = parseDiff(PATCH)
    const cut = PATCH.slice(0, PATCH.indexOf('   return a'))
    const [file] = parseDiff(cut)
    expect(rowsOf(file)).toEqual(rowsOf(whole).slice(0, 4))
    fc.assert(
      fc.property(fc.nat(PATCH.length), (end) => {
        for (const { hunks } of parseDiff(PATCH.slice(0, end))) expect(hunks).toBeInstanceOf(Array)
      }),
    )
  })
})

describe('a comparison of two texts', () => {
  const text = fc
    .array(fc.constantFrom('a', 'b', 'c', '', '-- x', '++ y', '@@ -1 +1 @@'), { maxLength: 12 })
    .map((lines) => lines.map((line) => `${line}\n`).join(''))

  it('is what its patch says, whatever the lines look like', () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        const [read] = parseDiff(createTwoFilesPatch('a/f', 'b/f', before, after))
        expect(rowsOf(read).filter(({ kind }) => kind !== 'same')).toEqual(
          rowsOf(compareTexts('f', before, after)).filter(({ kind }) => kind !== 'same'),
        )
      }),
    )
  })

  it('of two long texts with nothing in common ends all the same', () => {
    const long = (word: string) => Array.from({ length: 3_000 }, (_, index) => `${word} ${index}`).join('\n')
    expect(rowsOf(compareTexts('f', long('a'), long('b')))).toHaveLength(6_000)
  })

  it('has each line once on each side when it is split', () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        const rows = rowsOf(compareTexts('f', before, after))
        const pairs = splitRows(rows)
        expect(pairs.flatMap(({ left }) => left ?? [])).toEqual(rows.filter((row) => row.before !== null))
        expect(pairs.flatMap(({ right }) => right ?? [])).toEqual(rows.filter((row) => row.after !== null))
      }),
    )
  })
})

describe('the tree of files', () => {
  it('has folders first, and joins those that hold only one folder', () => {
    expect(buildTree(['src/run/a.ts', 'src/run/b.ts', 'README.md', 'docs/img/x/y.png'])).toEqual([
      {
        name: 'docs/img/x',
        children: [{ name: 'y.png', path: 'docs/img/x/y.png', children: [] }],
      },
      {
        name: 'src/run',
        children: [
          { name: 'a.ts', path: 'src/run/a.ts', children: [] },
          { name: 'b.ts', path: 'src/run/b.ts', children: [] },
        ],
      },
      { name: 'README.md', path: 'README.md', children: [] },
    ])
  })
})

describe('feedback', () => {
  it('names file and line of each comment, in order', () => {
    const comment = (path: string, line: number, text: string, isRemoved = false) => ({
      path,
      line,
      text,
      isRemoved,
    })
    expect(
      composeFeedback(' Not yet. ', [
        comment('b.ts', 3, 'three'),
        comment('a.ts', 20, 'twenty'),
        comment('a.ts', 5, 'why?', true),
      ]),
    ).toBe('Not yet.\n\na.ts:5 (removed line): why?\na.ts:20: twenty\nb.ts:3: three')
    expect(composeFeedback('', [comment('a.ts', 1, 'x')])).toBe('a.ts:1: x')
    expect(composeFeedback('only this', [])).toBe('only this')
  })
})

import type { StructuredPatch } from 'diff'
import { parsePatch, structuredPatch } from 'diff'

/** A line of a file's difference. `before` and `after` are its line numbers; null on the side where it is not. */
export interface DiffRow {
  readonly kind: 'same' | 'added' | 'removed'
  readonly before: number | null
  readonly after: number | null
  readonly text: string
}

/** Lines that are shown together. */
export interface DiffHunk {
  /** Where it is, and in what: `@@ -1,2 +1,3 @@ function retry()`. */
  readonly head: string
  readonly rows: readonly DiffRow[]
}

/** How a file differs. */
export interface DiffFile {
  readonly path: string
  /** Its path before, where that was another one. */
  readonly previousPath: string | null
  readonly change: 'added' | 'modified' | 'deleted' | 'renamed'
  readonly isBinary: boolean
  readonly hunks: readonly DiffHunk[]
  readonly insertions: number
  readonly deletions: number
}

/** Reads a patch of git, of one file or of many. A patch that is cut in the middle is read as far as it goes. */
export function parseDiff(patch: string): readonly DiffFile[] {
  const { whole, rest } = splitCut(patch)
  return [...whole, ...rest].flatMap((text) => parsePatch(text).map(toFile))
}

/** Texts with more edits than this are shown as completely different. */
const MAX_EDITS = 1_000
/** How many lines are shown around a change. */
const CONTEXT = 4

/** The difference between two texts, as that of a file. */
export function compareTexts(path: string, before: string, after: string): DiffFile {
  const patch = structuredPatch(path, path, before, after, undefined, undefined, {
    context: CONTEXT,
    maxEditLength: MAX_EDITS,
  })
  return toFile(patch ?? replaceAll(path, toLines(before), toLines(after)))
}

function toLines(text: string): readonly string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n')
}

function replaceAll(path: string, before: readonly string[], after: readonly string[]): StructuredPatch {
  const lines = [...before.map((line) => `-${line}`), ...after.map((line) => `+${line}`)]
  const hunk = { oldStart: 1, oldLines: before.length, newStart: 1, newLines: after.length, lines }
  return { oldFileName: path, newFileName: path, oldHeader: undefined, newHeader: undefined, hunks: [hunk] }
}

function toFile(patch: StructuredPatch): DiffFile {
  const { oldFileName, newFileName, isBinary = false, isCreate, isDelete, isRename } = patch
  const before = withoutPrefix(oldFileName, 'a/')
  const after = withoutPrefix(newFileName, 'b/')
  const isNew = isCreate === true || before === null
  const isGone = isDelete === true || after === null
  const hunks = patch.hunks.map(toHunk)
  const count = (kind: DiffRow['kind']) =>
    hunks.reduce((sum, { rows }) => sum + rows.filter((row) => row.kind === kind).length, 0)
  const isMoved = isRename === true || (before !== null && after !== null && before !== after)
  return {
    path: (isGone ? before : after) ?? before ?? '',
    previousPath: isMoved ? before : null,
    change: isNew ? 'added' : isGone ? 'deleted' : isMoved ? 'renamed' : 'modified',
    isBinary,
    hunks,
    insertions: count('added'),
    deletions: count('removed'),
  }
}

function withoutPrefix(name: string | undefined, prefix: string): string | null {
  if (name === undefined || name === '/dev/null') return null
  return name.startsWith(prefix) ? name.slice(prefix.length) : name
}

function toHunk({
  oldStart,
  oldLines,
  newStart,
  newLines,
  lines,
}: StructuredPatch['hunks'][number]): DiffHunk {
  let before = oldStart
  let after = newStart
  const rows = lines.flatMap((line): DiffRow[] => {
    const text = line.slice(1)
    if (line.startsWith('\\')) return []
    if (line.startsWith('+')) return [{ kind: 'added', before: null, after: after++, text }]
    if (line.startsWith('-')) return [{ kind: 'removed', before: before++, after: null, text }]
    return [{ kind: 'same', before: before++, after: after++, text }]
  })
  return { head: `@@ -${oldStart},${oldLines} +${newStart},${newLines} @@`, rows }
}

/** The patches of the files; the last hunk of a patch that was cut is made to say how many lines it has. */
function splitCut(patch: string): { readonly whole: readonly string[]; readonly rest: readonly string[] } {
  const files = patch.split(/^(?=diff --git )/m).filter((text) => text.trim() !== '')
  const last = files.at(-1)
  if (last === undefined || isReadable(last)) return { whole: files, rest: [] }
  return { whole: files.slice(0, -1), rest: [mendLastHunk(last)].filter(isReadable) }
}

function isReadable(patch: string): boolean {
  try {
    parsePatch(patch)
    return true
  } catch {
    return false
  }
}

function mendLastHunk(patch: string): string {
  const at = patch.lastIndexOf('\n@@ ')
  if (at < 0) return patch
  const [head = '', ...lines] = patch.slice(at + 1).split('\n')
  const isIn = (signs: string) => (line: string) => signs.includes(line[0] ?? 'x')
  const body = lines.filter(isIn(' +-'))
  const counted = head.replace(
    /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@/,
    `@@ -$1,${body.filter(isIn(' -')).length} +$2,${body.filter(isIn(' +')).length} @@`,
  )
  return `${patch.slice(0, at + 1)}${[counted, ...body].join('\n')}\n`
}

import { basename, extname } from 'node:path'
import type { Change, ChangedFile } from './change.ts'

/** Something that a reviewer should look at. */
export interface Finding {
  readonly lens: string
  readonly path: string
  readonly line: number | null
  readonly says: string
  /** 1: worth a look; 2: worth a word; 3: should be changed. */
  readonly weight: 1 | 2 | 3
}

/** One way of looking at a change. */
export type Lens = (change: Change) => Finding[]

const CODE = new Set([
  '.ts',
  '.tsx',
  '.js',
  '.mjs',
  '.cjs',
  '.py',
  '.go',
  '.rs',
  '.java',
  '.rb',
  '.sql',
  '.sh',
])
const MAX_LINES = 400
const LONGEST_FUNCTION = 50
const CHURN = 250
const UNTESTED = 20

export const isCode = (path: string) => CODE.has(extname(path)) && !isGenerated(path)
export const isTest = (path: string) =>
  /(^|\/)(tests?|__tests__|spec)\//.test(path) || /\.(test|spec)\./.test(path)
export const isGenerated = (path: string) => /(^|\/)(generated|dist|vendor|node_modules)\//.test(path)

/** The ways this reviewer looks at a change, by name. */
export const LENSES: Readonly<Record<string, Lens>> = {
  leftovers: ({ files }) =>
    code(files).flatMap((file) =>
      file.addedLines.flatMap(({ line, text }): Finding[] => {
        const word = /(?:^|\s)(?:\/\/|#|\/?\*+)\s*(TODO|FIXME|XXX|HACK)\b/.exec(text)?.[1]
        if (word) return [{ lens: 'leftovers', path: file.path, line, says: `adds a ${word}`, weight: 2 }]
        const isDebugging = /^\s*(debugger\b|console\.debug\(|print\("debug)/.test(text)
        return isDebugging
          ? [{ lens: 'leftovers', path: file.path, line, says: 'debugging is left in', weight: 3 }]
          : []
      }),
    ),

  tests: ({ files }) => {
    const tests = files.filter(({ path }) => isTest(path))
    return code(files)
      .filter(({ path, added, content }) => !isTest(path) && added >= UNTESTED && content !== null)
      .filter(({ path }) => !tests.some((test) => mentions(test, path)))
      .map(({ path, added }) => ({
        lens: 'tests',
        path,
        line: null,
        says: `${added} lines added, and no test of this change mentions it`,
        weight: added > 100 ? 2 : 1,
      }))
  },

  churn: ({ files }) =>
    code(files)
      .filter(({ added, deleted }) => added + deleted > CHURN)
      .map(({ path, added, deleted }) => ({
        lens: 'churn',
        path,
        line: null,
        says: `moved by +${added} -${deleted}: read it first`,
        weight: 1,
      })),

  size: ({ files }) =>
    code(files)
      .map(({ path, content }) => ({ path, lines: content?.split('\n').length ?? 0 }))
      .filter(({ lines }) => lines > MAX_LINES)
      .map(({ path, lines }) => ({
        lens: 'size',
        path,
        line: null,
        says: `is ${lines} lines long`,
        weight: 2,
      })),

  docs: ({ files }) =>
    code(files).flatMap(({ path, content, addedLines }) => {
      const lines = content?.split('\n') ?? []
      return addedLines.flatMap(({ line, text }): Finding[] => {
        const name = /^export (?:async )?(?:function|class) (\w+)/.exec(text)?.[1]
        const isExplained = /(\*\/|^\s*\/\/)/.test(lines[line - 2] ?? '')
        return name && !isExplained
          ? [{ lens: 'docs', path, line, says: `${name} is exported without a word about it`, weight: 1 }]
          : []
      })
    }),

  functions: ({ files }) =>
    code(files).flatMap(({ path, content, addedLines }) => {
      const touched = new Set(addedLines.map(({ line }) => line))
      return longFunctions(content ?? '')
        .filter(({ from, to }) => [...touched].some((line) => line >= from && line <= to))
        .map(({ name, from, to }): Finding => ({
          lens: 'functions',
          path,
          line: from,
          says: `${name} is ${to - from + 1} lines long`,
          weight: to - from > 2 * LONGEST_FUNCTION ? 2 : 1,
        }))
    }),

  messages: ({ commits }) =>
    commits.flatMap(({ hash, subject }): Finding[] => {
      const says = /^(wip|fixup|tmp|temp)\b/i.test(subject)
        ? 'is not meant to stay'
        : subject.length > 100
          ? `has a subject of ${subject.length} characters`
          : null
      return says ? [{ lens: 'messages', path: `commit ${hash}`, line: null, says, weight: 1 }] : []
    }),
}

function code(files: readonly ChangedFile[]): readonly ChangedFile[] {
  return files.filter(({ path }) => isCode(path))
}

function mentions(test: ChangedFile, path: string): boolean {
  const name = basename(path, extname(path))
  return basename(test.path).startsWith(`${name}.`) || (test.content?.includes(`${name}.`) ?? false)
}

/** Functions above the limit, told by indentation: from a line that opens one to the line that closes it. */
function longFunctions(content: string): { name: string; from: number; to: number }[] {
  const lines = content.split('\n')
  return lines.flatMap((line, index) => {
    const opened =
      /^(\s*)(?:export )?(?:async )?(?:function\*? |(?:const|let) (?=\w+ = (?:async )?\())(\w+).*[{(]$/.exec(
        line,
      )
    if (!opened) return []
    const [, indent = '', name = ''] = opened
    const length = lines.slice(index + 1).findIndex((later) => later.startsWith(`${indent}}`))
    return length + 2 > LONGEST_FUNCTION ? [{ name, from: index + 1, to: index + length + 2 }] : []
  })
}

import type { LanguageFn } from 'highlight.js'
import type { createLowlight } from './createHighlighter.ts'
import { useEffect, useState } from 'react'
import type { DiffFile } from './parseDiff.ts'

/** A piece of a line and its class, if it has one. */
export interface Token {
  readonly text: string
  readonly className: string | undefined
}

/** The highlighted lines of a file, by their numbers before and after. */
export interface HighlightedFile {
  readonly before: ReadonlyMap<number, readonly Token[]>
  readonly after: ReadonlyMap<number, readonly Token[]>
}

type Root = ReturnType<ReturnType<typeof createLowlight>['highlight']>
type RootContent = Root['children'][number]
type Element = Extract<RootContent, { type: 'element' }>
type Load = () => Promise<{ readonly default: LanguageFn }>

const typescript: Load = () => import('highlight.js/lib/languages/typescript')
const javascript: Load = () => import('highlight.js/lib/languages/javascript')
const xml: Load = () => import('highlight.js/lib/languages/xml')
const css: Load = () => import('highlight.js/lib/languages/css')
const bash: Load = () => import('highlight.js/lib/languages/bash')
const cpp: Load = () => import('highlight.js/lib/languages/cpp')
const yaml: Load = () => import('highlight.js/lib/languages/yaml')
const ini: Load = () => import('highlight.js/lib/languages/ini')

/** The grammars by the ends of files' names; each is loaded when it is first needed. */
const GRAMMARS: Readonly<Record<string, Load>> = {
  ts: typescript,
  tsx: typescript,
  mts: typescript,
  cts: typescript,
  js: javascript,
  jsx: javascript,
  mjs: javascript,
  cjs: javascript,
  json: () => import('highlight.js/lib/languages/json'),
  html: xml,
  xml,
  svg: xml,
  css,
  scss: css,
  md: () => import('highlight.js/lib/languages/markdown'),
  py: () => import('highlight.js/lib/languages/python'),
  go: () => import('highlight.js/lib/languages/go'),
  rs: () => import('highlight.js/lib/languages/rust'),
  java: () => import('highlight.js/lib/languages/java'),
  kt: () => import('highlight.js/lib/languages/kotlin'),
  rb: () => import('highlight.js/lib/languages/ruby'),
  php: () => import('highlight.js/lib/languages/php'),
  cs: () => import('highlight.js/lib/languages/csharp'),
  swift: () => import('highlight.js/lib/languages/swift'),
  c: cpp,
  h: cpp,
  cc: cpp,
  cpp,
  hpp: cpp,
  sh: bash,
  bash,
  sql: () => import('highlight.js/lib/languages/sql'),
  graphql: () => import('highlight.js/lib/languages/graphql'),
  yml: yaml,
  yaml,
  toml: ini,
  ini,
}

/** Lines longer than this in sum are shown without colours: it would take too long. */
const MAX_CHARACTERS = 300_000

/** Highlights a file that is shown, once its grammar is loaded; undefined until then, and for what has no grammar. */
export function useHighlighted(file: DiffFile, isShown: boolean): HighlightedFile | undefined {
  const [lines, setLines] = useState<HighlightedFile>()
  useEffect(() => {
    if (!isShown) return
    let isCurrent = true
    const highlight = async () => {
      const done = await highlightFile(file)
      if (isCurrent) setLines(done)
    }
    // Without its grammar the text is shown all the same.
    highlight().catch(() => {})
    return () => {
      isCurrent = false
    }
  }, [file, isShown])
  return lines
}

async function highlightFile(file: DiffFile): Promise<HighlightedFile | undefined> {
  const ending = file.path.slice(file.path.lastIndexOf('.') + 1).toLowerCase()
  const load = Object.hasOwn(GRAMMARS, ending) ? GRAMMARS[ending] : undefined
  const size = file.hunks.reduce(
    (sum, { rows }) => sum + rows.reduce((all, row) => all + row.text.length, 0),
    0,
  )
  if (!load || size > MAX_CHARACTERS) return undefined
  const [{ createLowlight }, { default: grammar }] = await Promise.all([
    import('./createHighlighter.ts'),
    load(),
  ])
  const highlighter = createLowlight({ [ending]: grammar })
  const toLines = (side: 'before' | 'after') => {
    const lines = new Map<number, readonly Token[]>()
    for (const { rows } of file.hunks) {
      const own = rows.filter((row) => row[side] !== null)
      const text = own.map((row) => row.text).join('\n')
      for (const [index, tokens] of toTokenLines(highlighter.highlight(ending, text)).entries()) {
        const number = own[index]?.[side]
        if (typeof number === 'number') lines.set(number, tokens)
      }
    }
    return lines
  }
  return { before: toLines('before'), after: toLines('after') }
}

/** The lines of highlighted text, each as its pieces. */
function toTokenLines({ children }: Root): Token[][] {
  const lines: Token[][] = [[]]
  const walk = (nodes: readonly RootContent[], className: string | undefined) => {
    for (const node of nodes) {
      if (node.type === 'element') walk(node.children, firstClass(node) ?? className)
      if (node.type !== 'text') continue
      for (const [index, text] of node.value.split('\n').entries()) {
        if (index > 0) lines.push([])
        if (text) lines.at(-1)?.push({ text, className })
      }
    }
  }
  walk(children, undefined)
  return lines
}

function firstClass({ properties }: Element): string | undefined {
  const { className } = properties
  return Array.isArray(className) && typeof className[0] === 'string' ? className[0] : undefined
}

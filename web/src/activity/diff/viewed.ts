import { useState } from 'react'
import type { DiffFile } from './parseDiff.ts'

/** Where the marks are kept, in this browser. */
const KEY = 'pawl.viewed'
/** The maximum of marks that are kept. */
const MAX_MARKS = 1_000

/** Which files the viewer has marked as viewed. A file that changes is not viewed any more. */
export interface Viewed {
  has(file: DiffFile): boolean
  toggle(file: DiffFile): void
}

/** The marks of the viewer, for the files of one run. */
export function useViewed(scope: string): Viewed {
  const [marks, setMarks] = useState(readMarks)
  return {
    has: (file) => marks.includes(markOf(scope, file)),
    toggle(file) {
      const mark = markOf(scope, file)
      const present = readMarks()
      const next = present.includes(mark) ? present.filter((each) => each !== mark) : [...present, mark]
      localStorage.setItem(KEY, JSON.stringify(next.slice(-MAX_MARKS)))
      setMarks(next)
    },
  }
}

function readMarks(): readonly string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]')
    return Array.isArray(kept) ? kept.filter((each) => typeof each === 'string') : []
  } catch {
    return []
  }
}

/** Changes with the content: FNV-1a over the lines that differ. */
function markOf(scope: string, { path, hunks }: DiffFile): string {
  let hash = 0x811c9dc5
  for (const { rows } of hunks)
    for (const { kind, text } of rows)
      for (const sign of `${kind[0]}${text}\n`)
        hash = Math.imul(hash ^ (sign.codePointAt(0) ?? 0), 0x01000193)
  return `${scope} ${path} ${(hash >>> 0).toString(36)}`
}

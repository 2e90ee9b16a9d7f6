/** A comment on a line of a file. */
export interface LineComment {
  readonly path: string
  readonly line: number
  /** Whether the line is one that was removed: its number is that of the file before. */
  readonly isRemoved: boolean
  readonly text: string
}

/** Comments on lines, and how they are changed. */
export interface Commenting {
  readonly comments: readonly LineComment[]
  /** Sets the comment of a line; an empty one removes it. */
  set(comment: LineComment): void
}

/** The whole feedback: what is said in general, then each comment with its file and line. */
export function composeFeedback(general: string, comments: readonly LineComment[]): string {
  const sorted = comments.toSorted((a, b) => (a.path === b.path ? a.line - b.line : a.path < b.path ? -1 : 1))
  const lines = sorted.map(
    ({ path, line, isRemoved, text }) =>
      `${path}:${line}${isRemoved ? ' (removed line)' : ''}: ${text.trim()}`,
  )
  return [general.trim(), lines.join('\n')].filter(Boolean).join('\n\n')
}

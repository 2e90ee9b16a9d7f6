/** One commit of the change under review. */
export interface Commit {
  readonly hash: string
  readonly author: string
  readonly subject: string
}

/** A file as the change touched it. */
export interface ChangedFile {
  readonly path: string
  readonly added: number
  readonly deleted: number
  /** The lines that the change added, with their numbers in the file as it is now. */
  readonly addedLines: readonly { readonly line: number; readonly text: string }[]
  /** The file as it is now; null where it is gone, or no text. */
  readonly content: string | null
}

/** What is reviewed: the last commits of a repository, and what they changed. */
export interface Change {
  /** Where it comes from, as people call it. */
  readonly name: string
  readonly commits: readonly Commit[]
  readonly files: readonly ChangedFile[]
}

const HUNK = /^@@ -\d+(?:,\d+)? \+(\d+)/

/** Reads a unified diff, as `git diff` prints it; `contentOf` gives the files as they are after it. */
export function parseDiff(diff: string, contentOf: (path: string) => string | null): ChangedFile[] {
  return diff
    .split(/^diff --git /m)
    .slice(1)
    .map((section) => parseFile(section, contentOf))
}

function parseFile(section: string, contentOf: (path: string) => string | null): ChangedFile {
  const lines = section.split('\n')
  const path = /^"?a\/(.*?)"? "?b\/(.*?)"?$/.exec(lines[0] ?? '')?.[2] ?? ''
  const isGone = lines.some((line) => line.startsWith('deleted file mode'))
  const addedLines: { line: number; text: string }[] = []
  let deleted = 0
  let next = 0
  for (const line of lines) {
    const hunk = HUNK.exec(line)
    if (hunk) next = Number(hunk[1])
    else if (next === 0) continue
    else if (line.startsWith('+')) addedLines.push({ line: next++, text: line.slice(1) })
    else if (line.startsWith('-')) deleted += 1
    else if (line.startsWith(' ')) next += 1
  }
  const content = isGone ? null : contentOf(path)
  return { path, added: addedLines.length, deleted, addedLines, content }
}

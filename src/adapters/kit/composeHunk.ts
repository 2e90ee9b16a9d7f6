/** How many equal lines stand around what differs. */
const CONTEXT = 3

/**
 * The hunk of a unified diff between two texts, '' where they are equal: from the first line that differs to the last, in one piece.
 * It is not always the shortest, and takes a time in proportion to the texts, whatever they are.
 *
 * @param before null: there was no file
 * @param after null: there is none now
 */
export function composeHunk(before: string | null, after: string | null): string {
  const old = linesOf(before)
  const now = linesOf(after)
  const shorter = Math.min(old.length, now.length)
  let start = 0
  while (start < shorter && old[start] === now[start]) start += 1
  let end = 0
  while (end < shorter - start && old[old.length - 1 - end] === now[now.length - 1 - end]) end += 1
  const removed = old.slice(start, old.length - end)
  const added = now.slice(start, now.length - end)
  if (removed.length === 0 && added.length === 0) return ''
  const from = Math.max(0, start - CONTEXT)
  const lead = old.slice(from, start)
  const trail = old.slice(old.length - end, old.length - end + CONTEXT)
  const range = (count: number) => `${count === 0 ? from : from + 1},${count}`
  const kept = lead.length + trail.length
  return [
    `@@ -${range(kept + removed.length)} +${range(kept + added.length)} @@`,
    ...lead.map((line) => ` ${line}`),
    ...removed.map((line) => `-${line}`),
    ...added.map((line) => `+${line}`),
    ...trail.map((line) => ` ${line}`),
    '',
  ].join('\n')
}

const MISSING_NEWLINE = '\n\\ No newline at end of file'

/** The lines of a text; one without a newline at its end says so, and so differs from one that has it. */
function linesOf(text: string | null): string[] {
  if (text === null || text === '') return []
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  else lines.push(`${lines.pop() ?? ''}${MISSING_NEWLINE}`)
  return lines
}

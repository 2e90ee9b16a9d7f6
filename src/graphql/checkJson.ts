import type { z } from 'zod'

/** How large JSON of a client may be, in characters as it is sent. */
const MOST_CHARACTERS = 1_048_576
/** How deep it may be nested. */
const MOST_DEPTH = 64

/** Refuses JSON that is too large, too deep, or holds what can't be stored. */
export function checkJson(value: unknown, context: z.RefinementCtx): void {
  const issue = findIssue(value)
  if (issue) context.addIssue({ code: 'custom', ...issue })
}

/** The first thing wrong with it; found without recursion, so that no depth ends the process. */
function findIssue(root: unknown): { message: string; path: string[] } | undefined {
  const open: { value: unknown; path: readonly string[] }[] = [{ value: root, path: [] }]
  for (let next = open.pop(); next; next = open.pop()) {
    const { value, path } = next
    const message = path.length > MOST_DEPTH ? `is nested deeper than ${MOST_DEPTH}` : whyUnsound(value)
    if (message) return { message, path: path.slice(0, MOST_DEPTH) }
    if (typeof value !== 'object' || value === null) continue
    for (const [key, child] of Object.entries(value)) open.push({ value: child, path: [...path, key] })
  }
  const { length } = JSON.stringify(root) ?? ''
  return length > MOST_CHARACTERS
    ? { message: `has ${length} characters; at most ${MOST_CHARACTERS} are kept`, path: [] }
    : undefined
}

function whyUnsound(value: unknown): string | undefined {
  if (typeof value === 'number' && !Number.isFinite(value)) return 'is a number that JSON does not have'
  const texts = typeof value === 'string' ? [value] : isObject(value) ? Object.keys(value) : []
  return texts.some((text) => /[\0\p{Surrogate}]/u.test(text))
    ? 'holds a NUL character or half of a character'
    : undefined
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

import type { Json } from '../run/run.ts'

/**
 * Returns the paths at which two inputs differ, such as `a.b.0`; empty if they are equal. A missing field equals a
 * null field: a client may leave out fields without a value.
 */
export function differingPaths(before: Json, now: Json, path: readonly string[] = []): string[] {
  if (isBranch(before) && isBranch(now) && Array.isArray(before) === Array.isArray(now)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(now)])].toSorted()
    return keys.flatMap((key) => {
      // in an array, a null element still counts as an element
      const grown = Array.isArray(before) && Object.hasOwn(before, key) !== Object.hasOwn(now, key)
      const here = [...path, key]
      return grown ? [here.join('.')] : differingPaths(fieldOf(before, key), fieldOf(now, key), here)
    })
  }
  return before === now ? [] : [path.length > 0 ? path.join('.') : '(input)']
}

function fieldOf(branch: Branch, key: string): Json {
  return Object.hasOwn(branch, key) ? (branch[key] ?? null) : null
}

type Branch = { readonly [key: string]: Json }

function isBranch(value: Json): value is Branch {
  return typeof value === 'object' && value !== null
}

import type { Json } from '../run/run.ts'

/**
 * The paths at which two inputs differ, as `a.b.0`; empty where they are the same. Fields that are absent and
 * fields that are null are the same thing: a client may leave out what it has no value for.
 */
export function differingPaths(before: Json, now: Json, path: readonly string[] = []): string[] {
  if (isBranch(before) && isBranch(now) && Array.isArray(before) === Array.isArray(now)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(now)])].toSorted()
    return keys.flatMap((key) => {
      // an element that is null is an element all the same
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

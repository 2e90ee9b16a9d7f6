import type { Json } from './run.ts'

/**
 * The paths at which two inputs differ, as `a.b.0`; empty where they are the same. Fields that are absent and
 * fields that are null are the same thing: a client may leave out what it has no value for.
 */
export function differingPaths(before: Json, now: Json, path: readonly string[] = []): string[] {
  if (isBranch(before) && isBranch(now) && Array.isArray(before) === Array.isArray(now)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(now)])].toSorted()
    return keys.flatMap((key) => differingPaths(before[key] ?? null, now[key] ?? null, [...path, key]))
  }
  return before === now ? [] : [path.length > 0 ? path.join('.') : '(input)']
}

function isBranch(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null
}

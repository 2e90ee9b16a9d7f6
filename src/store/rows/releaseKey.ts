/**
 * A release after settling leaves no event to store its idempotency key on: the row stores it, with the released fence,
 * because later claims have other fences.
 */
export function toReleaseKey(fence: number, key: string): string {
  return `${fence} ${key}`
}

/** Parses the key stored on a row; null if there is none. */
export function readReleaseKey(kept: string | null): { readonly fence: number; readonly key: string } | null {
  if (kept === null) return null
  const end = kept.indexOf(' ')
  return { fence: Number(kept.slice(0, end)), key: kept.slice(end + 1) }
}

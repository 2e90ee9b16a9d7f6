/**
 * A release after settling leaves no event to keep its idempotency key on: the row keeps it, with the fence that was
 * released, because later claims have others.
 */
export function toReleaseKey(fence: number, key: string): string {
  return `${fence} ${key}`
}

/** The key as it is kept on a row, taken apart; null where none is. */
export function readReleaseKey(kept: string | null): { readonly fence: number; readonly key: string } | null {
  if (kept === null) return null
  const end = kept.indexOf(' ')
  return { fence: Number(kept.slice(0, end)), key: kept.slice(end + 1) }
}

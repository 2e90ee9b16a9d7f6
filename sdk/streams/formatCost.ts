/** A cost in words, as `0.0123 USD`: with so many digits that what is small is not shown as nothing. */
export function formatCost({
  micros,
  currency,
}: {
  readonly micros: number
  readonly currency: string | null
}): string {
  const amount = micros / 1_000_000
  const digits = amount >= 1 || micros === 0 ? 2 : 4
  return `${micros > 0 && micros < 100 ? amount.toFixed(6) : amount.toFixed(digits)} ${currency ?? ''}`.trimEnd()
}

/** Maximum number of rows in a list without pages: the latest ones. */
export const MAX_ROWS = 500

/** Groups rows by their owner, in the order in which they come. */
export function byOwner<Row>(rows: readonly (readonly [owner: string, row: Row])[]): Map<string, Row[]> {
  const found = new Map<string, Row[]>()
  for (const [owner, row] of rows) {
    const known = found.get(owner)
    if (known) known.push(row)
    else found.set(owner, [row])
  }
  return found
}

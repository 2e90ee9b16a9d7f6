/** Groups rows by their owner, in the order in which they come. */
export function groupByOwner<Row>(rows: readonly (readonly [owner: string, row: Row])[]): Map<string, Row[]> {
  const found = new Map<string, Row[]>()
  for (const [owner, row] of rows) {
    const known = found.get(owner)
    if (known) known.push(row)
    else found.set(owner, [row])
  }
  return found
}

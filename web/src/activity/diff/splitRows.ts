import type { DiffRow } from './parseDiff.ts'

/** A line of a split view: what was on the left, what is on the right. */
export interface RowPair {
  readonly left: DiffRow | null
  readonly right: DiffRow | null
}

/** Puts removed lines beside the added ones that follow them. */
export function splitRows(rows: readonly DiffRow[]): readonly RowPair[] {
  const pairs: RowPair[] = []
  let removed: DiffRow[] = []
  let added: DiffRow[] = []
  const flush = () => {
    for (let index = 0; index < Math.max(removed.length, added.length); index += 1)
      pairs.push({ left: removed[index] ?? null, right: added[index] ?? null })
    removed = []
    added = []
  }
  for (const row of rows) {
    if (row.kind === 'removed') {
      if (added.length > 0) flush()
      removed.push(row)
    } else if (row.kind === 'added') added.push(row)
    else {
      flush()
      pairs.push({ left: row, right: row })
    }
  }
  flush()
  return pairs
}

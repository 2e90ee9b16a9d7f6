import { useMemo } from 'react'
import type { Place } from '../shell/place.ts'
import { ColumnView } from './ColumnView.tsx'
import { COLUMNS, filterOfColumn } from './columns.ts'
import { readFilter } from './filters.ts'
import { useCounts } from './useCounts.ts'

/** Every run by where it stands, live. */
export function Board({ place }: { readonly place: Place }) {
  const filter = useMemo(() => readFilter(place.search), [place.search])
  const counts = useCounts(filter)
  const shown = useMemo(
    () => COLUMNS.flatMap((column) => ({ column, filter: filterOfColumn(column, filter) })),
    [filter],
  )
  return (
    <main className="board">
      <h1 className="hidden">Runs</h1>
      {shown.map(
        ({ column, filter }) =>
          filter && (
            <ColumnView key={column.key} column={column} filter={filter} counted={counts[column.key]} />
          ),
      )}
    </main>
  )
}

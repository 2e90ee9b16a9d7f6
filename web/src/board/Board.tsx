import { useMemo } from 'react'
import type { KeyboardEvent } from 'react'
import type { PageAddress } from '../elements/address.ts'
import { ColumnView } from './ColumnView.tsx'
import { COLUMNS, filterOfColumn } from './columns.ts'
import { FilterBar } from './FilterBar.tsx'
import { isEmptyFilter, readFilter } from './filters.ts'
import { NothingHere } from './NothingHere.tsx'
import { useCounts } from './useCounts.ts'

/** All runs by status, live. */
export function Board({ place }: { readonly place: PageAddress }) {
  const filter = useMemo(() => readFilter(place.search), [place.search])
  const counts = useCounts(filter)
  const shown = useMemo(
    () =>
      COLUMNS.flatMap((column) => {
        const own = filterOfColumn(column, filter)
        return own ? [{ column, filter: own }] : []
      }),
    [filter],
  )
  const total = counts && Object.values(counts).reduce((sum, { count }) => sum + count, 0)
  const isExact = counts === undefined || Object.values(counts).every(({ isExact }) => isExact)
  return (
    <main className="board">
      <h1 className="hidden">Runs</h1>
      <FilterBar filter={filter} total={total} isExact={isExact} />
      {total === 0 && <NothingHere isFiltered={!isEmptyFilter(filter)} />}
      <div className="columns" onKeyDown={crossColumns}>
        {shown.map(({ column, filter }) => (
          <ColumnView key={column.key} column={column} filter={filter} counted={counts?.[column.key]} />
        ))}
      </div>
    </main>
  )
}

/** Moves the focus with the left and right keys to the next column with cards, and with a slash to the search. */
function crossColumns(event: KeyboardEvent<HTMLElement>): void {
  if (!(event.target instanceof Element) || event.ctrlKey || event.metaKey || event.altKey) return
  if (event.key === '/') {
    event.preventDefault()
    document.querySelector<HTMLElement>('#search')?.focus()
    return
  }
  const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
  if (step === 0) return
  event.preventDefault()
  const stops = [...event.currentTarget.querySelectorAll<HTMLElement>('.card[tabindex="0"]')]
  const own = event.target.closest('.column')
  const at = stops.findIndex((stop) => stop.closest('.column') === own)
  const next = stops[at + step]
  next?.focus()
  next?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
}

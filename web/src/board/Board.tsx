import { useMemo, useState } from 'react'
import type { KeyboardEvent } from 'react'
import { navigate } from '../elements/address.ts'
import type { PageAddress } from '../elements/address.ts'
import { loadable } from '../elements/loadable.tsx'
import { ClosedColumn } from './ClosedColumn.tsx'
import { ColumnSwitch } from './ColumnSwitch.tsx'
import { ColumnView } from './ColumnView.tsx'
import { type BoardView, readView, writeView } from './boardView.ts'
import { COLUMNS, filterOfColumn } from './columns.ts'
import { FilterBar } from './FilterBar.tsx'
import { isEmptyFilter } from './filters.ts'
import { NothingHere } from './NothingHere.tsx'
import type { Counted } from '../elements/sumCounts.ts'
import { useCounts } from './useCounts.ts'

// The code of the table is loaded when it is opened.
const RunTable = loadable(async () => (await import('./table/RunTable.tsx')).RunTable)

/** All runs, in columns or as a table, live. */
export function Board({ place }: { readonly place: PageAddress }) {
  const view = useMemo(() => readView(place.search), [place.search])
  const { filter, isTable } = view
  const counts = useCounts(filter)
  const total = counts && Object.values(counts).reduce((sum, { count }) => sum + count, 0)
  const isExact = counts === undefined || Object.values(counts).every(({ isExact }) => isExact)
  return (
    <main className="board">
      <h1 className="hidden">Runs</h1>
      <FilterBar view={view} total={total} isExact={isExact} />
      {total === 0 && <NothingHere isFiltered={!isEmptyFilter(filter)} />}
      {isTable ? <RunTable view={view} total={total} /> : <Columns view={view} counts={counts} />}
    </main>
  )
}

interface ColumnsProps {
  readonly view: BoardView
  readonly counts: Readonly<Record<string, Counted>> | undefined
}

function Columns({ view, counts }: ColumnsProps) {
  const { filter, open } = view
  const shown = useMemo(
    () =>
      COLUMNS.flatMap((column) => {
        const own = filterOfColumn(column, filter)
        // Who filters by what is over wants to see it.
        const isOpen =
          !column.isOver || open.includes(column.key) || Boolean(filter.statuses ?? filter.outcomes)
        return own ? [{ column, filter: own, isOpen }] : []
      }),
    [filter, open],
  )
  const first = shown.find(({ column: { key } }) => (counts?.[key]?.count ?? 0) > 0) ?? shown[0]
  const [chosen, setChosen] = useState<string>()
  const current = view.column ?? chosen ?? first?.column.key
  const toggle = (key: string, isOpen: boolean) =>
    navigate(writeView({ ...view, open: isOpen ? [...open, key] : open.filter((one) => one !== key) }), {
      isReplacing: true,
    })
  return (
    <>
      <ColumnSwitch
        columns={shown.map(({ column }) => column)}
        counts={counts}
        current={current}
        onChoose={(key) => {
          setChosen(key)
          navigate(writeView({ ...view, column: key }), { isReplacing: true })
        }}
      />
      <div className="columns" onKeyDown={crossColumns}>
        {shown.map(({ column, filter, isOpen }) => {
          const isCurrent = column.key === current
          const counted = counts?.[column.key]
          return isOpen || view.column === column.key ? (
            <ColumnView
              key={column.key}
              column={column}
              filter={filter}
              counted={counted}
              isCurrent={isCurrent}
              onClose={
                column.isOver && open.includes(column.key) ? () => toggle(column.key, false) : undefined
              }
            />
          ) : (
            <ClosedColumn
              key={column.key}
              column={column}
              counted={counted}
              isCurrent={isCurrent}
              onOpen={() => toggle(column.key, true)}
            />
          )
        })}
      </div>
    </>
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

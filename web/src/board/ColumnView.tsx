import type { RunFilter } from '@pawl/sdk'
import { useRuns } from '@pawl/sdk/react'
import { useVirtualizer } from '@tanstack/react-virtual'
import { memo, useEffect, useMemo, useRef } from 'react'
import { Shape } from '../elements/Shape.tsx'
import type { Column } from './columns.ts'
import { RunCard } from './RunCard.tsx'

/** How high a card is with the space below it, in pixels. */
const CARD = 104
/** How near its end a column reads on, in cards. */
const NEAR = 20

interface ColumnViewProps {
  readonly column: Column
  readonly filter: RunFilter
  /** How many the server counts. */
  readonly counted: number | undefined
}

/** A column of the board: as many cards are drawn as can be seen, as many read as were scrolled to. */
export const ColumnView = memo(function ColumnView({ column, filter, counted }: ColumnViewProps) {
  const { runs, isLoading, hasMore, loadMore } = useRuns({ filter, orderBy: column.orderBy })
  const sorted = useMemo(() => runs.toSorted(column.compare), [runs, column])
  const body = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: sorted.length,
    getScrollElement: () => body.current,
    estimateSize: () => CARD,
    getItemKey: (index) => sorted[index]?.id ?? index,
    overscan: 6,
  })
  const items = virtual.getVirtualItems()
  const last = items.at(-1)?.index ?? 0
  useEffect(() => {
    if (hasMore && !isLoading && last >= sorted.length - NEAR) loadMore()
  }, [hasMore, isLoading, last, sorted.length, loadMore])

  const count = hasMore ? Math.max(counted ?? 0, sorted.length) : sorted.length
  return (
    <section
      className={`column ${count === 0 ? 'column-empty' : ''}`}
      aria-labelledby={`column-${column.key}`}
      data-column={column.key}
    >
      <h2 className="column-head" id={`column-${column.key}`} title={column.word.means}>
        <Shape tone={column.word.tone} />
        <span className="column-name">{column.word.label}</span>
        <span className="column-count">{count}</span>
      </h2>
      <div className="column-body" ref={body}>
        <ul style={{ height: virtual.getTotalSize() }}>
          {items.map(({ index, key, start }) => {
            const run = sorted[index]
            return (
              run && (
                <li
                  key={key}
                  aria-setsize={count}
                  aria-posinset={index + 1}
                  style={{ transform: `translateY(${start}px)` }}
                >
                  <RunCard run={run} isCurrent={index === 0} />
                </li>
              )
            )
          })}
        </ul>
      </div>
    </section>
  )
})

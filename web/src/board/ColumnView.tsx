import type { RunFilter } from '@pawl/sdk'
import { useRuns } from '@pawl/sdk/react'
import { useVirtualizer } from '@tanstack/react-virtual'
import { memo, useEffect, useMemo, useRef, useState } from 'react'
import type { KeyboardEvent } from 'react'
import { flushSync } from 'react-dom'
import { Shape } from '../elements/Shape.tsx'
import type { Column } from './columns.ts'
import type { Counted } from '../elements/sumCounts.ts'
import { RunCard } from './RunCard.tsx'
import { useCosts } from './useCosts.ts'
import { useProgress } from './useProgress.ts'

/** Height of a card including the space below it, in pixels. */
const CARD = 104
/** How many cards before its end a column loads the next page. */
const NEAR = 20
/** How far each key moves in a vertical list. */
const STEPS: Readonly<Record<string, number>> = {
  ArrowDown: 1,
  ArrowUp: -1,
  PageDown: 5,
  PageUp: -5,
  Home: -Infinity,
  End: Infinity,
}

interface ColumnViewProps {
  readonly column: Column
  readonly filter: RunFilter
  /** Number of runs, counted by the server. */
  readonly counted: Counted | undefined
  /** Whether it is the one that a narrow screen shows. */
  readonly isCurrent: boolean
  /** Folds it to its number; undefined: it can't be. */
  readonly onClose: (() => void) | undefined
}

/** A column of the board: only visible cards are rendered, and pages are loaded on scrolling. */
export const ColumnView = memo(function ColumnView({
  column,
  filter,
  counted,
  isCurrent,
  onClose,
}: ColumnViewProps) {
  const { runs, isLoading, hasMore, error, loadMore } = useRuns({ filter, orderBy: column.orderBy })
  const sorted = useMemo(() => runs.toSorted((a, b) => column.compare(a, b)), [runs, column])
  const body = useRef<HTMLDivElement>(null)
  const [current, setCurrent] = useState<string>()
  const virtual = useVirtualizer({
    count: sorted.length,
    getScrollElement: () => body.current,
    estimateSize: () => CARD,
    getItemKey: (index) => sorted[index]?.id ?? index,
    overscan: 6,
  })
  const items = virtual.getVirtualItems()
  const shown = items.flatMap(({ index }) => sorted[index] ?? [])
  const costs = useCosts(shown)
  const progressOf = useProgress(shown)
  const last = items.at(-1)?.index ?? 0
  useEffect(() => {
    if (hasMore && !isLoading && last >= sorted.length - NEAR) loadMore()
  }, [hasMore, isLoading, last, sorted.length, loadMore])

  const found = sorted.findIndex(({ id }) => id === current)
  const stop = Math.max(0, found)
  const onKeyDown = (event: KeyboardEvent) => {
    const step = STEPS[event.key]
    if (step === undefined || sorted.length === 0) return
    event.preventDefault()
    const next = Math.min(sorted.length - 1, Math.max(0, stop + step))
    flushSync(() => {
      setCurrent(sorted[next]?.id)
      virtual.scrollToIndex(next)
    })
    requestAnimationFrame(() => body.current?.querySelector<HTMLElement>('.card[tabindex="0"]')?.focus())
  }

  const count = hasMore ? Math.max(counted?.count ?? 0, sorted.length) : sorted.length
  const hasUncounted = hasMore && counted?.isExact === false
  const headId = `column-${column.key}`
  return (
    <section
      className={count === 0 ? 'column column-empty' : 'column'}
      aria-labelledby={headId}
      data-column={column.key}
      data-current={isCurrent || undefined}
    >
      <h2 className="column-head" id={headId} title={column.word.means}>
        <Shape tone={column.word.tone} />
        <span className="column-name">{column.word.label}</span>
        <span className="column-count">
          {count}
          {hasUncounted && '+'}
        </span>
        {onClose && (
          <button className="button button-small button-quiet" type="button" aria-expanded onClick={onClose}>
            Fold<span className="hidden"> {column.word.label}</span>
          </button>
        )}
      </h2>
      {error !== undefined && <p className="problem column-note">This column could not be read.</p>}
      <div className="column-body" ref={body} tabIndex={-1} onKeyDown={onKeyDown}>
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
                  onFocus={() => setCurrent(run.id)}
                >
                  <RunCard
                    run={run}
                    usage={costs.get(run.id)?.usage}
                    isStop={index === stop}
                    place={progressOf(run)?.place}
                    of={progressOf(run)?.of}
                  />
                </li>
              )
            )
          })}
        </ul>
      </div>
    </section>
  )
})

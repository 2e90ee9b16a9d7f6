import { Shape } from '../elements/Shape.tsx'
import type { Column } from './columns.ts'
import type { Counted } from '../elements/sumCounts.ts'

interface ClosedColumnProps {
  readonly column: Column
  readonly counted: Counted | undefined
  /** Whether it is the one that a narrow screen shows. */
  readonly isCurrent: boolean
  onOpen(): void
}

/** A column of runs that are over, as their number: nothing of them is read until it is opened. */
export function ClosedColumn({ column: { key, word }, counted, isCurrent, onOpen }: ClosedColumnProps) {
  return (
    <section
      className="column column-empty column-closed"
      aria-label={word.label}
      data-column={key}
      data-current={isCurrent || undefined}
    >
      <h2 className="column-head" title={word.means}>
        <button type="button" className="column-open" aria-expanded={false} onClick={onOpen}>
          <Shape tone={word.tone} />
          <span className="column-count">
            {counted?.count ?? '–'}
            {counted?.isExact === false && '+'}
          </span>
          <span className="column-name">{word.label}</span>
        </button>
      </h2>
    </section>
  )
}

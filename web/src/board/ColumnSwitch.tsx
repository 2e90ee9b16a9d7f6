import { Shape } from '../elements/Shape.tsx'
import type { Column } from './columns.ts'
import type { Counted } from '../elements/sumCounts.ts'

interface ColumnSwitchProps {
  readonly columns: readonly Column[]
  readonly counts: Readonly<Record<string, Counted>> | undefined
  /** Key of the column that is shown. */
  readonly current: string | undefined
  onChoose(key: string): void
}

/** Chooses the column that a narrow screen shows. */
export function ColumnSwitch({ columns, counts, current, onChoose }: ColumnSwitchProps) {
  return (
    <fieldset className="column-switch">
      <legend className="hidden">Which runs are shown</legend>
      {columns.map(({ key, word }) => (
        <button
          key={key}
          type="button"
          className={`chip tone-${word.tone}`}
          aria-pressed={key === current}
          onClick={() => onChoose(key)}
        >
          <Shape tone={word.tone} />
          {word.label}
          <span className="column-count">{counts?.[key]?.count ?? ''}</span>
        </button>
      ))}
    </fieldset>
  )
}

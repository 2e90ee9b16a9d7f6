import type { RunOrder } from '@pawl/sdk'
import { useRuns } from '@pawl/sdk/react'
import { useMemo, useState } from 'react'
import { navigate } from '../../elements/address.ts'
import { describeError } from '../../elements/Problem.tsx'
import { type BoardView, writeView } from '../boardView.ts'
import { useCosts } from '../useCosts.ts'
import { BulkBar } from './BulkBar.tsx'
import { FieldChoice } from './FieldChoice.tsx'
import { FIELDS, type FieldKey, sortRuns } from './fields.ts'
import { TableRow } from './TableRow.tsx'

interface RunTableProps {
  readonly view: BoardView
  /** How many runs there are, counted by the server. */
  readonly total: number | undefined
}

/** The runs that match as a table, with actions for those that are chosen. */
export function RunTable({ view, total }: RunTableProps) {
  const { filter, fields, sort } = view
  const { runs, isLoading, hasMore, error, loadMore } = useRuns({
    filter,
    orderBy: toOrder(view),
    pageSize: 100,
  })
  const sorted = useMemo(() => sortRuns(runs, sort), [runs, sort])
  const costs = useCosts(fields.includes('cost') ? sorted : NO_RUNS)
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const shown = useMemo(() => sorted.filter(({ id }) => chosen.has(id)), [sorted, chosen])
  const isAll = sorted.length > 0 && shown.length === sorted.length
  const choose = (id: string, isChosen: boolean) =>
    setChosen((before) => {
      const next = new Set(before)
      if (isChosen) next.add(id)
      else next.delete(id)
      return next
    })
  const sortBy = (field: FieldKey) => {
    const isDescending =
      sort.field === field ? !sort.isDescending : field === 'created' || field === 'activity'
    navigate(writeView({ ...view, sort: { field, isDescending } }), { isReplacing: true })
  }
  return (
    <section className="run-table" aria-label="Runs">
      <div className="table-head">
        <BulkBar runs={shown} onDone={() => setChosen(new Set())} />
        <FieldChoice
          fields={fields}
          onChange={(fields) => navigate(writeView({ ...view, fields }), { isReplacing: true })}
        />
      </div>
      {error !== undefined && <p className="problem">{describeError(error)}</p>}
      <div className="table-scroll" tabIndex={0} role="region" aria-label="Table of runs">
        <table className="runs">
          <thead>
            <tr>
              <th scope="col" className="runs-choice">
                <label className="runs-check">
                  <span className="hidden">All runs that are shown</span>
                  <input
                    type="checkbox"
                    checked={isAll}
                    onChange={() => setChosen(new Set(isAll ? [] : sorted.map(({ id }) => id)))}
                  />
                </label>
              </th>
              {fields.map((key) => (
                <th
                  key={key}
                  scope="col"
                  aria-sort={
                    sort.field === key ? (sort.isDescending ? 'descending' : 'ascending') : undefined
                  }
                >
                  {key === 'cost' ? (
                    labelOf(key)
                  ) : (
                    <button type="button" className="runs-sort" onClick={() => sortBy(key)}>
                      {labelOf(key)}
                      <span aria-hidden="true">
                        {sort.field === key ? (sort.isDescending ? ' ↓' : ' ↑') : ''}
                      </span>
                    </button>
                  )}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {sorted.map((run) => (
              <TableRow
                key={run.id}
                run={run}
                usage={costs.get(run.id)?.usage}
                fields={fields}
                isChosen={chosen.has(run.id)}
                onChoose={choose}
              />
            ))}
          </tbody>
        </table>
        {hasMore && (
          <p className="table-more">
            <button className="button button-small" type="button" disabled={isLoading} onClick={loadMore}>
              {isLoading ? 'Asking the server …' : 'Load more'}
            </button>
            <span className="soft">
              {sorted.length} of {total ?? 'more'} runs are loaded, and sorted among themselves.
            </span>
          </p>
        )}
      </div>
    </section>
  )
}

const NO_RUNS: readonly never[] = []

function labelOf(key: FieldKey): string {
  return FIELDS.find((field) => field.key === key)?.label ?? key
}

/** Which runs are read first: by the field that they are sorted by, where the server knows that order. */
function toOrder({ sort: { field, isDescending } }: BoardView): RunOrder {
  if (field === 'activity') return { field: 'ACTIVITY', direction: isDescending ? 'DESC' : 'ASC' }
  return { field: 'CREATED', direction: field === 'created' && !isDescending ? 'ASC' : 'DESC' }
}

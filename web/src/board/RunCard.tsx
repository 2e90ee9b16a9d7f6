import type { StoredRun, Usage } from '@pawl/sdk'
import { memo } from 'react'
import { Age, Ago } from '../elements/Age.tsx'
import { Shape } from '../elements/Shape.tsx'
import { wordOfRun } from '../elements/words.ts'
import { Link } from '../elements/Link.tsx'
import { useWait } from '../elements/useWait.ts'
import { describeCosts } from '../elements/describeCosts.ts'
import { describePlace } from './table/fields.ts'

interface RunCardProps {
  readonly run: StoredRun
  /** What it used; null or undefined where that is not known. */
  readonly usage: Usage | null | undefined
  /** The place of its phase among those of its workflow, and how many these are; undefined where that is not known. */
  readonly place: number | undefined
  readonly of: number | undefined
  /** Whether the card is in the tab order: one card of each column is. */
  readonly isStop: boolean
}

/** A run's card on the board. */
export const RunCard = memo(function RunCard({ run, usage, place, of, isStop }: RunCardProps) {
  const { id, title, status, outcome, workflow, lease, labels = [] } = run
  const { createdAt, startedAt, settledAt } = run
  const wait = useWait(run)
  if (!status || !createdAt) return null
  const word = wordOfRun(status, outcome)
  const where = status === 'CANCELLING' ? 'is told to stop' : describePlace(run)
  return (
    <Link
      className={`card tone-${word.tone}`}
      to={`/runs/${id}`}
      data-run-id={id}
      data-status={status}
      tabIndex={isStop ? 0 : -1}
    >
      <span className="card-title">{title ?? id}</span>
      <span className="card-line" title={run.error ?? undefined}>
        <span className="card-where">
          {workflow?.name}
          {where && <> · {where}</>}
        </span>
        {place !== undefined && (
          <span className="card-progress" title={`Phase ${place} of ${of}`}>
            <span className="hidden">phase </span>
            {place}/{of}
          </span>
        )}
      </span>
      <span className="card-foot">
        <Shape tone={word.tone} />
        <span className="hidden">{word.label}. </span>
        {lease && !settledAt && <span className="card-owner">{lease.owner}</span>}
        {labels.slice(0, lease && !settledAt ? 1 : 2).map((label) => (
          <span className="label" key={label}>
            {label}
          </span>
        ))}
        {wait !== '' && (
          <span className="card-wait" title={run.waitsFor ?? undefined}>
            waits {wait}
          </span>
        )}
        {usage && usage.costs.length > 0 && <span className="card-cost">{describeCosts(usage)}</span>}
        <span className="card-age">
          {settledAt ? <Ago at={settledAt} /> : <Age since={startedAt ?? createdAt} />}
        </span>
      </span>
    </Link>
  )
})

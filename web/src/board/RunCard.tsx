import type { StoredRun } from '@pawl/sdk'
import { memo } from 'react'
import { Age, Ago } from '../elements/Age.tsx'
import { Badge } from '../elements/Badge.tsx'
import { wordOfRun } from '../elements/words.ts'
import { Link } from '../shell/Link.tsx'

interface RunCardProps {
  readonly run: StoredRun
  readonly isCurrent: boolean
}

/** A run on the board. */
export const RunCard = memo(function RunCard({ run, isCurrent }: RunCardProps) {
  const {
    id,
    title,
    status,
    outcome,
    workflow,
    phase,
    lease,
    labels = [],
    createdAt,
    startedAt,
    settledAt,
  } = run
  if (!status || !createdAt) return null
  return (
    <Link
      className={`card tone-${wordOfRun(status, outcome).tone}`}
      to={`/runs/${id}`}
      data-run-id={id}
      data-status={status}
      tabIndex={isCurrent ? 0 : -1}
    >
      <span className="card-title">{title ?? id}</span>
      <span className="card-line">
        {workflow?.name}
        {phase && !settledAt && <> · {phase}</>}
        {lease && !settledAt && <> · {lease.owner}</>}
      </span>
      <span className="card-foot">
        <Badge word={wordOfRun(status, outcome)} />
        {labels.slice(0, 2).map((label) => (
          <span className="label" key={label}>
            {label}
          </span>
        ))}
        <span className="card-age">
          {settledAt ? <Ago at={settledAt} /> : <Age since={startedAt ?? createdAt} />}
        </span>
      </span>
    </Link>
  )
})

import type { StoredRun } from '@pawl/sdk'
import { Ago } from '../elements/Age.tsx'
import { Badge } from '../elements/Badge.tsx'
import { useClock } from '../elements/clock.ts'
import { Link } from '../elements/Link.tsx'
import { formatAge } from '../elements/time.ts'
import { wordOfRun } from '../elements/words.ts'

/** The runs that somebody holds, each with its lease. */
export function HeldRuns({ runs }: { readonly runs: readonly StoredRun[] }) {
  return (
    <ul className="family">
      {runs.map((run) => (
        <Held key={run.id} run={run} />
      ))}
    </ul>
  )
}

function Held({ run }: { readonly run: StoredRun }) {
  const { id, title, status, outcome, workflow, phase, lease, lastActivityAt } = run
  const left = useClock((now) => {
    if (!lease?.expiresAt) return 'without a lease'
    const rest = Date.parse(lease.expiresAt) - now
    return lease.isLive && rest > 0 ? `lease for ${formatAge(rest)} more` : 'its lease is over'
  })
  return (
    <li data-run-id={id} data-status={status}>
      {status && <Badge word={wordOfRun(status, outcome)} />}
      <Link to={`/runs/${id}`}>{title ?? id}</Link>
      <span className="soft">
        {workflow?.name}
        {phase && ` at ${phase}`}, {left}
        {lastActivityAt && (
          <>
            , heard <Ago at={lastActivityAt} />
          </>
        )}
      </span>
    </li>
  )
}

import type { RunStatus, StoredRun } from '@pawl/sdk'
import { useRuns } from '@pawl/sdk/react'
import { useMemo } from 'react'
import { Ago } from '../elements/Age.tsx'
import { Badge } from '../elements/Badge.tsx'
import { useClock } from '../elements/clock.ts'
import { Link } from '../elements/Link.tsx'
import { describeError } from '../elements/Problem.tsx'
import { formatAge } from '../elements/time.ts'
import { useTitle } from '../elements/title.ts'
import { wordOfRun } from '../elements/words.ts'

const HELD: { statuses: RunStatus[] } = {
  statuses: ['RUNNING', 'AWAITING_APPROVAL', 'PAUSED', 'CANCELLING'],
}

/** Who holds runs now: workers, terminals with `pawl exec`, and programs, each with what it holds. */
export function Workers() {
  useTitle('Workers')
  const { runs, isLoading, hasMore, error, loadMore } = useRuns({ filter: HELD, pageSize: 500 })
  const owners = useMemo(() => groupByOwner(runs), [runs])
  return (
    <main className="page page-wide">
      <h1>Workers</h1>
      <p className="soft">
        Who holds runs now. A worker that waits for one holds nothing, and is not known to the server.
      </p>
      {error !== undefined && <p className="problem">{describeError(error)}</p>}
      {owners.length === 0 && (
        <p role="status">{isLoading ? 'Asking the server …' : 'Nobody holds a run.'}</p>
      )}
      {owners.map(([owner, held]) => (
        <section key={owner} className="panel pane" aria-label={owner} data-owner={owner}>
          <div className="pane-head">
            <h2>{owner}</h2>
            <span className="soft">
              holds {held.length} {held.length === 1 ? 'run' : 'runs'}
            </span>
          </div>
          <ul className="family">
            {held.map((run) => (
              <Held key={run.id} run={run} />
            ))}
          </ul>
        </section>
      ))}
      {hasMore && !isLoading && (
        <button className="button" type="button" onClick={loadMore}>
          Load more
        </button>
      )}
    </main>
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

/** The runs that each owner holds, by its name. */
function groupByOwner(runs: readonly StoredRun[]): readonly (readonly [string, readonly StoredRun[]])[] {
  const owners = new Map<string, StoredRun[]>()
  for (const run of runs) {
    const { owner } = run.lease ?? {}
    if (owner !== undefined) owners.set(owner, [...(owners.get(owner) ?? []), run])
  }
  return [...owners].toSorted(([a], [b]) => a.localeCompare(b))
}

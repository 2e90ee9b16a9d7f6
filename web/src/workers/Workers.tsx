import type { RunStatus, StoredRun, WorkerInfo, WorkerState } from '@pawl/sdk'
import { useRuns } from '@pawl/sdk/react'
import { useMemo } from 'react'
import { useRunData } from '../activity/useRunData.ts'
import { describeError } from '../elements/Problem.tsx'
import { useTitle } from '../elements/title.ts'
import { HeldRuns } from './HeldRuns.tsx'
import { WorkerPanel } from './WorkerPanel.tsx'

const HELD: { statuses: RunStatus[] } = {
  statuses: ['RUNNING', 'AWAITING_APPROVAL', 'PAUSED', 'CANCELLING'],
}

/** How often the workers are asked for, in milliseconds: no stream tells who announced itself. */
const EVERY_MS = 5_000

/** Who is connected and can do what, and who holds runs now: workers, and others, such as terminals with `pawl exec`. */
export function Workers() {
  useTitle('Workers')
  const { runs, isLoading, hasMore, error, loadMore } = useRuns({ filter: HELD, pageSize: 500 })
  const asked = useRunData(
    'workers',
    undefined,
    async (pawl, signal) => (await pawl.workers.list({ first: 500, signal })).nodes,
    EVERY_MS,
  )
  const owners = useMemo(() => groupByOwner(runs), [runs])
  const workers = useMemo(() => (asked.value ?? []).toSorted(compare), [asked.value])
  const present = workers.filter(({ state }) => state !== 'STOPPED')
  const stopped = workers.filter(({ state }) => state === 'STOPPED')
  const names = new Set(present.map(({ name }) => name))
  const others = owners.filter(([owner]) => !names.has(owner))
  const isKnown = asked.value !== undefined && !isLoading
  const problem = error ?? asked.error
  const panelOf = (worker: WorkerInfo) => (
    <WorkerPanel
      key={worker.id}
      worker={worker}
      runs={owners.find(([owner]) => owner === worker.name)?.[1] ?? []}
    />
  )
  return (
    <main className="page page-wide">
      <h1>Workers</h1>
      {problem !== undefined && <p className="problem">{describeError(problem)}</p>}
      {present.map(panelOf)}
      {present.length === 0 && (
        <p role="status" data-workers={isKnown ? 'none' : 'unknown'}>
          {isKnown ? (
            <>
              No worker is connected. <code>pawl worker</code> starts one.
            </>
          ) : (
            'Asking the server …'
          )}
        </p>
      )}
      {others.length > 0 && <h2>Others that hold runs</h2>}
      {others.map(([owner, held]) => (
        <section key={owner} className="panel pane" aria-label={owner} data-owner={owner}>
          <div className="pane-head">
            <h3>{owner}</h3>
            <span className="soft">
              holds {held.length} {held.length === 1 ? 'run' : 'runs'}
            </span>
          </div>
          <HeldRuns runs={held} />
        </section>
      ))}
      {hasMore && !isLoading && (
        <button className="button" type="button" onClick={loadMore}>
          Load more
        </button>
      )}
      {stopped.length > 0 && (
        <details>
          <summary>
            {stopped.length} {stopped.length === 1 ? 'worker' : 'workers'} stopped within a day
          </summary>
          {stopped.map(panelOf)}
        </details>
      )}
    </main>
  )
}

/** What asks for a person first. */
const ORDER: readonly WorkerState[] = ['NOT_READY', 'SILENT', 'STOPPING', 'READY', 'STOPPED']

function compare(a: WorkerInfo, b: WorkerInfo): number {
  return ORDER.indexOf(a.state) - ORDER.indexOf(b.state) || a.name.localeCompare(b.name)
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

import type { RunDetail, StoredRun } from '@pawl/sdk'
import { useRunFeed } from '@pawl/sdk/react'
import { useMemo, useSyncExternalStore } from 'react'
import { Badge } from '../elements/Badge.tsx'
import { describeError } from '../elements/Problem.tsx'
import { wordOfRun } from '../elements/words.ts'
import { Link } from '../elements/Link.tsx'
import { useRunData } from '../activity/useRunData.ts'
import { useStored } from './useStored.ts'

type Subscribe = (listener: () => void) => () => void

interface FamilyProps {
  readonly run: StoredRun
  readonly detail: RunDetail | undefined
}

/** The children of the run, its parent, and the run that it continues. */
export function Family({ run, detail }: FamilyProps) {
  const { store } = useRunFeed()
  // Starting a child does not change its parent, so every run that appears or disappears may be a child.
  const known = useSyncExternalStore(store.subscribe as Subscribe, () => store.all().length)
  const { value, error } = useRunData(
    `children ${run.id}`,
    run.revision * 1_000_000 + known,
    async (pawl, signal) => (await pawl.runs.children(run.id, { first: 200, signal })).nodes,
  )
  const ids = useMemo(() => value?.map(({ id }) => id) ?? [], [value])
  const children = useStored(ids, value)
  return (
    <section aria-label="Related runs" className="pane">
      {detail?.parent && (
        <p>
          Started below <Link to={`/runs/${detail.parent.id}`}>{detail.parent.id}</Link>: cancelled with it,
          unless that completes.
        </p>
      )}
      {detail?.continues && (
        <p>
          Goes on where <Link to={`/runs/${detail.continues.id}`}>{detail.continues.id}</Link> ended.
        </p>
      )}
      {error !== undefined && <p className="problem">{describeError(error)}</p>}
      {value?.length === 0 && <p className="soft">No run was started below it.</p>}
      <ul className="family">
        {children.map(({ id, title, status, outcome, workflow }) => (
          <li key={id} data-run-id={id} data-status={status}>
            <Link to={`/runs/${id}`}>{title ?? id}</Link>
            <span className="soft">{workflow?.name}</span>
            {status && <Badge word={wordOfRun(status, outcome)} />}
          </li>
        ))}
      </ul>
    </section>
  )
}

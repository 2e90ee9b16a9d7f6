import type { Approval } from '@pawl/sdk'
import { useRunFeed } from '@pawl/sdk/react'
import { useEffect, useMemo, useState, useSyncExternalStore } from 'react'
import { useRunData } from '../activity/useRunData.ts'

/** The pending approvals of all runs. */
export interface PendingApprovals {
  /** Oldest first; undefined until they are loaded. */
  readonly approvals: readonly Approval[] | undefined
  readonly hasMore: boolean
  readonly error: unknown
  refresh(): void
}

/** How often they are loaded without a change, in milliseconds: they may expire. */
const REFRESH_MS = 30_000

/** The pending approvals, loaded again whenever a run that may have one changes. */
export function usePending(): PendingApprovals {
  const [asked, setAsked] = useState<ReadonlySet<string>>(NONE)
  const change = useWaitingChange(asked)
  const { value, error, refresh } = useRunData(
    'pending',
    change,
    (pawl, signal) => pawl.approvals.list({ filter: { statuses: ['PENDING'] }, last: 100, signal }),
    REFRESH_MS,
  )
  useEffect(() => {
    if (value) setAsked(new Set(value.nodes.map(({ run }) => run.id)))
  }, [value])
  const approvals = useMemo(() => value?.nodes.toReversed(), [value])
  return { approvals, hasMore: value?.pageInfo.hasPreviousPage ?? false, error, refresh }
}

const NONE: ReadonlySet<string> = new Set()

/** A number that changes whenever a run that waits for a person, or has a listed approval, changes. */
function useWaitingChange(asked: ReadonlySet<string>): number {
  const { store } = useRunFeed()
  const read = useMemo(() => {
    let seen: unknown
    let sum = 0
    return () => {
      const all = store.all()
      if (all === seen) return sum
      seen = all
      sum = 0
      for (const { id, status, revision } of all)
        if (status === 'AWAITING_APPROVAL' || status === 'PAUSED' || asked.has(id))
          sum = (sum * 31 + revision + 1) % 0x7fffffff
      return sum
    }
  }, [store, asked])
  return useSyncExternalStore(store.subscribe as (listener: () => void) => () => void, read)
}

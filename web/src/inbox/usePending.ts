import type { Approval } from '@pawl/sdk'
import { useRunFeed } from '@pawl/sdk/react'
import { useEffect, useMemo, useState, useSyncExternalStore } from 'react'
import { useRunData } from '../work/useRunData.ts'

/** The questions that wait, across all runs. */
export interface PendingApprovals {
  /** The newest first; undefined until they were read. */
  readonly approvals: readonly Approval[] | undefined
  readonly hasMore: boolean
  readonly error: unknown
  refresh(): void
}

/** How often they are read though nothing seems to have changed, in milliseconds: they may expire by themselves. */
const REFRESH_MS = 30_000

/** The questions that wait for a person, read again whenever a run that may have one changes. */
export function usePending(): PendingApprovals {
  const [asked, setAsked] = useState<ReadonlySet<string>>(NONE)
  const change = useWaitingChange(asked)
  const { value, error, refresh } = useRunData(
    'pending',
    change,
    (pawl, signal) => pawl.approvals.list({ filter: { status: ['PENDING'] }, first: 100, signal }),
    REFRESH_MS,
  )
  useEffect(() => {
    if (value) setAsked(new Set(value.nodes.map(({ run }) => run.id)))
  }, [value])
  return { approvals: value?.nodes, hasMore: value?.pageInfo.hasNextPage ?? false, error, refresh }
}

const NONE: ReadonlySet<string> = new Set()

/** A number that differs whenever a run that waits for a person, or that somebody was asked about, has changed. */
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

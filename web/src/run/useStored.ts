import type { Run, StoredRun } from '@pawl/sdk'
import { useRunFeed } from '@pawl/sdk/react'
import { useEffect, useMemo, useSyncExternalStore } from 'react'

/**
 * Runs by their ids as the store has them, kept up to date; those that were deleted are left out.
 *
 * @param read the runs as they were read, merged into the store
 */
export function useStored(ids: readonly string[], read: readonly Run[] | undefined): readonly StoredRun[] {
  const { store } = useRunFeed()
  useEffect(() => {
    if (read) store.apply(read)
  }, [store, read])
  const look = useMemo(() => {
    let seen: unknown
    let runs: readonly StoredRun[] = []
    return () => {
      const all = store.all()
      if (all === seen) return runs
      seen = all
      const next = ids.flatMap((id) => store.get(id) ?? [])
      if (next.length !== runs.length || next.some((run, index) => run !== runs[index])) runs = next
      return runs
    }
  }, [store, ids])
  return useSyncExternalStore(store.subscribe as (listener: () => void) => () => void, look)
}

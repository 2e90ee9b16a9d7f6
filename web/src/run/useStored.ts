import type { Run, StoredRun } from '@pawl/sdk'
import { useRunFeed } from '@pawl/sdk/react'
import { useEffect, useMemo, useSyncExternalStore } from 'react'

/**
 * The runs of some ids in the store, live; deleted runs are left out.
 *
 * @param read runs as they were loaded, to be merged into the store
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

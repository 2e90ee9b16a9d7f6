import type { Outcome, RunFilter } from '@pawl/sdk'
import { usePawl, useRunFeed } from '@pawl/sdk/react'
import { useEffect, useState } from 'react'
import { COLUMNS } from './columns.ts'

/** How long after a change the server is asked to count again, in milliseconds. */
const COUNT_MS = 800

/** How many runs the server counts. */
export interface Counted {
  readonly count: number
  /** False where there are more: of what has settled the server counts so many and no further. */
  readonly isExact: boolean
}

/** How many runs stand in each column, by its key; counted again after changes. Undefined until they were counted. */
export function useCounts(filter: RunFilter): Readonly<Record<string, Counted>> | undefined {
  const pawl = usePawl()
  const { store } = useRunFeed()
  const [counts, setCounts] = useState<Readonly<Record<string, Counted>>>()

  useEffect(() => {
    const controller = new AbortController()
    const { signal } = controller
    let timer: ReturnType<typeof setTimeout> | undefined
    let isCounting = false
    let isStale = false
    const ask = async (outcome: Outcome | undefined) => {
      const isWanted = !outcome || (filter.outcome?.includes(outcome) ?? true)
      if (!isWanted) return []
      return pawl.runs.counts({ filter: outcome ? { ...filter, outcome: [outcome] } : filter, signal })
    }
    const count = async () => {
      timer = undefined
      isCounting = true
      isStale = false
      try {
        // Of runs that failed it takes the outcome to know their column.
        const [all, incomplete, failed] = await Promise.all([
          ask(undefined),
          ask('INCOMPLETE'),
          ask('FAILED'),
        ])
        const counted = COLUMNS.map(({ key, statuses, outcomes }) => {
          const source = outcomes.includes('INCOMPLETE')
            ? incomplete
            : outcomes.includes('FAILED')
              ? failed
              : all
          const own = source.filter(({ status }) => statuses.includes(status))
          const sum = own.reduce((total, { count }) => total + count, 0)
          return [key, { count: sum, isExact: own.every(({ isExact }) => isExact) }] as const
        })
        setCounts(Object.fromEntries(counted))
      } catch {
        // The cards that were read are counted without it, and the next change asks again.
      } finally {
        isCounting = false
        if (isStale) countSoon()
      }
    }
    const countSoon = () => {
      isStale = true
      if (!isCounting && !signal.aborted) timer ??= setTimeout(() => void count(), COUNT_MS)
    }
    void count()
    const unsubscribe = store.subscribe(countSoon)
    return () => {
      unsubscribe()
      clearTimeout(timer)
      controller.abort()
    }
  }, [pawl, store, filter])
  return counts
}

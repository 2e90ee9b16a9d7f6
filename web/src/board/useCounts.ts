import type { Outcome, RunFilter } from '@pawl/sdk'
import { usePawl, useRunFeed } from '@pawl/sdk/react'
import { useEffect, useState } from 'react'
import { type Counted, sumCounts } from '../elements/sumCounts.ts'
import { COLUMNS } from './columns.ts'

/** How long after a change the runs are counted again, in milliseconds. */
const COUNT_MS = 800

/** How many runs each column has, by its key; updated after changes. Undefined until the first count. */
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
      const isWanted = !outcome || (filter.outcomes?.includes(outcome) ?? true)
      if (!isWanted) return []
      return pawl.runs.counts({ filter: outcome ? { ...filter, outcomes: [outcome] } : filter, signal })
    }
    const count = async () => {
      timer = undefined
      isCounting = true
      isStale = false
      try {
        // The column of a failed run depends on its outcome.
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
          return [key, sumCounts(source, statuses)] as const
        })
        setCounts(Object.fromEntries(counted))
      } catch {
        // Without counts the loaded cards are counted, and the next change counts again.
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

import type { RunFilter, RunStatus } from '@pawl/sdk'
import { usePawl, useRunFeed } from '@pawl/sdk/react'
import { useEffect, useState } from 'react'
import type { Column } from './columns.ts'
import { COLUMNS } from './columns.ts'

/** How long after a change the server is asked to count again, in milliseconds. */
const COUNT_MS = 800

/** How many runs the server counts in each column, by the column’s key; counted again after changes. Undefined until then. */
export function useCounts(filter: RunFilter): Readonly<Record<string, number>> | undefined {
  const pawl = usePawl()
  const { store } = useRunFeed()
  const [counts, setCounts] = useState<Readonly<Record<string, number>>>()

  useEffect(() => {
    const controller = new AbortController()
    const { signal } = controller
    let timer: ReturnType<typeof setTimeout> | undefined
    let isCounting = false
    let isStale = false
    const hasIncomplete = filter.outcome?.includes('INCOMPLETE') ?? true
    const ask = async (filter: RunFilter) => toMap(await pawl.runs.counts({ filter, signal }))
    const count = async () => {
      timer = undefined
      isCounting = true
      isStale = false
      try {
        const all = await ask(filter)
        const incomplete = hasIncomplete ? await ask({ ...filter, outcome: ['INCOMPLETE'] }) : new Map()
        setCounts(sumUp(all, incomplete))
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

type Counts = ReadonlyMap<RunStatus, number>

function toMap(counts: readonly { status: RunStatus; count: number }[]): Counts {
  return new Map(counts.map(({ status, count }) => [status, count]))
}

function sumUp(all: Counts, incomplete: Counts): Record<string, number> {
  const countOf = ({ statuses, outcomes }: Column) => {
    const sum = (counts: Counts) => statuses.reduce((total, status) => total + (counts.get(status) ?? 0), 0)
    return outcomes.includes('INCOMPLETE') ? sum(incomplete) : sum(all) - sum(incomplete)
  }
  return Object.fromEntries(COLUMNS.map((column) => [column.key, countOf(column)]))
}

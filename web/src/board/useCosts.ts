import type { StoredRun, Usage } from '@pawl/sdk'
import { usePawl } from '@pawl/sdk/react'
import { useEffect, useRef, useState } from 'react'

/** How long shown cards are collected before their costs are asked for, in milliseconds. */
const COLLECT_MS = 500

/** What is known of a run's usage, and at which revision it was asked for. */
interface Known {
  readonly revision: number
  readonly usage: Usage | null
}

/**
 * What the shown runs used, by id: asked for in one query for all of them, and again for those that have changed. Empty until the first
 * answer, and where no answer comes: the board does without costs.
 *
 * @param shown the runs whose cards are rendered
 */
export function useCosts(shown: readonly StoredRun[]): ReadonlyMap<string, Known> {
  const pawl = usePawl()
  const [known, setKnown] = useState<ReadonlyMap<string, Known>>(new Map())
  const wanted = shown.filter(
    ({ id, revision, startedAt }) => startedAt && known.get(id)?.revision !== revision,
  )
  const key = wanted.map(({ id, revision }) => `${id} ${revision}`).join()
  const latest = useRef(wanted)
  useEffect(() => {
    latest.current = wanted
  })
  useEffect(() => {
    if (key === '') return
    const controller = new AbortController()
    const ask = async () => {
      const runs = latest.current
      try {
        const ids = runs.map(({ id }) => id)
        const usages = await pawl.runs.usages(ids, { signal: controller.signal })
        setKnown(
          (before) =>
            new Map([
              ...before,
              ...runs.map(
                ({ id, revision }, index) => [id, { revision, usage: usages[index] ?? null }] as const,
              ),
            ]),
        )
      } catch {
        // The next change of what is shown asks again.
      }
    }
    const timer = setTimeout(() => void ask(), COLLECT_MS)
    return () => {
      clearTimeout(timer)
      controller.abort()
    }
  }, [pawl, key])
  return known
}

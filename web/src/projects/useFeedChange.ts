import { useConnection, useRunFeed } from '@pawl/sdk/react'
import { useEffect, useState } from 'react'

/** How long after a change of a run what depends on all runs is read again, in milliseconds. */
const AFTER_MS = 1_000

/** A number that rises after changes of runs, and when the server is reached again: what depends on all runs is then read again. */
export function useFeedChange(): number {
  const { store } = useRunFeed()
  const { phase } = useConnection()
  const [change, setChange] = useState(0)
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const unsubscribe = store.subscribe(() => {
      timer ??= setTimeout(() => {
        timer = undefined
        setChange((before) => before + 1)
      }, AFTER_MS)
    })
    return () => {
      unsubscribe()
      clearTimeout(timer)
    }
  }, [store])
  useEffect(() => setChange((before) => before + 1), [phase])
  return change
}

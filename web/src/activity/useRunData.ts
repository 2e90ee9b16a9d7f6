import type { Pawl } from '@pawl/sdk'
import { usePawl } from '@pawl/sdk/react'
import { useEffect, useRef, useState } from 'react'

/** Data that belongs to a run. */
export interface RunData<Value> {
  /** The last loaded value; undefined until then. */
  readonly value: Value | undefined
  readonly error: unknown
  /** Loads it again. */
  refresh(): void
}

/** Minimum time between two loads, in milliseconds: a run may change many times in one second. */
const MIN_INTERVAL_MS = 300

/**
 * Loads data that belongs to a run, and again after each change of its revision. Loads never overlap, so that an older answer can't
 * replace a newer one.
 *
 * @param key identifies the data; a new key starts again without a value
 * @param revision of the run: the data changes with it
 * @param everyMs interval for data that also changes without a revision; default: none
 */
export function useRunData<Value>(
  key: string,
  revision: number | undefined,
  read: (pawl: Pawl, signal: AbortSignal) => Promise<Value>,
  everyMs?: number,
): RunData<Value> {
  const pawl = usePawl()
  const [state, setState] = useState<{ key: string; value?: Value; error?: unknown }>({ key })
  const latest = useRef(read)
  const wake = useRef<() => void>(() => {})
  useEffect(() => {
    latest.current = read
  })

  useEffect(() => {
    const controller = new AbortController()
    const { signal } = controller
    let isWanted = true
    let isReading = false
    let timer: ReturnType<typeof setTimeout> | undefined
    const readNext = async () => {
      if (isReading || signal.aborted) return
      isReading = true
      isWanted = false
      clearTimeout(timer)
      try {
        const value = await latest.current(pawl, signal)
        if (!signal.aborted) setState({ key, value })
      } catch (error) {
        if (!signal.aborted) setState((state) => ({ ...(state.key === key ? state : { key }), error }))
      }
      timer = setTimeout(() => {
        isReading = false
        if (isWanted) void readNext()
        else if (everyMs !== undefined) timer = setTimeout(() => void readNext(), everyMs)
      }, MIN_INTERVAL_MS)
    }
    wake.current = () => {
      isWanted = true
      void readNext()
    }
    void readNext()
    return () => {
      controller.abort()
      clearTimeout(timer)
      wake.current = () => {}
    }
  }, [pawl, key, everyMs])

  const seen = useRef(revision)
  useEffect(() => {
    if (seen.current === revision) return
    seen.current = revision
    wake.current()
  }, [revision])

  const isPresent = state.key === key
  return {
    value: isPresent ? state.value : undefined,
    error: isPresent ? state.error : undefined,
    refresh: () => wake.current(),
  }
}

import { isSuccess } from '@pawl/sdk'
import type { Pawl, ProblemOf, Run, RunNews, SuccessOf } from '@pawl/sdk'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { usePawlContext } from './provider.ts'
import { toDeletion } from './reread.ts'

/** A member of a result union. */
interface Member {
  readonly __typename: string
}

/** What became of an action. */
interface Outcome<Result extends Member> {
  readonly isPending: boolean
  /** What it was answered with where it was done. */
  readonly success: SuccessOf<Result> | undefined
  /** Why it was refused; every run in it is in the store by then, as it is now. */
  readonly problem: ProblemOf<Result> | undefined
  /** What was thrown: no answer came, or the caller may not ask. */
  readonly error: unknown
}

/** A command that a person gives, and what became of it. */
export interface Action<Args extends readonly unknown[], Result extends Member> extends Outcome<Result> {
  /** Sends it. While one is under way nothing is sent, and it resolves to undefined; so it does where an error was thrown. */
  send(...args: Args): Promise<Result | undefined>
  /** Forgets what became of it. */
  reset(): void
}

const IDLE = { isPending: false, success: undefined, problem: undefined, error: undefined }

/**
 * A command of the client as a button needs it: sent once at a time, its answer kept, and every run that the answer carries
 * merged into the store, so that a lost race shows how things stand without anything being read again.
 */
export function useAction<Args extends readonly unknown[], Result extends Member>(
  perform: (pawl: Pawl, ...args: Args) => Promise<Result>,
): Action<Args, Result> {
  const { pawl, feed } = usePawlContext()
  const { store } = feed
  const [outcome, setOutcome] = useState<Outcome<Result>>(IDLE)
  const latest = useRef(perform)
  useEffect(() => {
    latest.current = perform
  })
  const pending = useRef(false)
  const send = useCallback(
    async (...args: Args): Promise<Result | undefined> => {
      if (pending.current) return undefined
      pending.current = true
      setOutcome({ ...IDLE, isPending: true })
      try {
        const result = await latest.current(pawl, ...args)
        store.apply(findNews(result))
        setOutcome(
          isSuccess(result)
            ? { ...IDLE, success: result }
            : { ...IDLE, problem: result as ProblemOf<Result> },
        )
        return result
      } catch (error) {
        setOutcome({ ...IDLE, error })
        return undefined
      } finally {
        pending.current = false
      }
    },
    [pawl, store],
  )
  const reset = useCallback(() => setOutcome(IDLE), [])
  return useMemo(() => ({ ...outcome, send, reset }), [outcome, send, reset])
}

/** Every run that an answer carries, and the one that it says is gone. */
export function findNews(result: Member): RunNews[] {
  if (result.__typename === 'DeleteRunSuccess' && 'runId' in result) return [toDeletion(String(result.runId))]
  return Object.values(result)
    .flatMap((value: unknown) => (Array.isArray(value) ? (value as unknown[]) : [value]))
    .filter(isRun)
}

function isRun(value: unknown): value is Run {
  return typeof value === 'object' && value !== null && (value as Partial<Run>).__typename === 'Run'
}

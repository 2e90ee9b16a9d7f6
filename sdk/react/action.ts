import { isSuccess } from '@pawl/sdk'
import type { Pawl, ProblemOf, Run, RunNews, SuccessOf } from '@pawl/sdk'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { usePawlContext } from './provider.ts'
import { toDeletion } from './reread.ts'

/** A member of a result union. */
interface Member {
  readonly __typename: string
}

/** The outcome of an action. */
interface Outcome<Result extends Member> {
  readonly isPending: boolean
  /** The success that the server answered with. */
  readonly success: SuccessOf<Result> | undefined
  /** The refusal; every run in it has been merged into the store. */
  readonly problem: ProblemOf<Result> | undefined
  /** The error thrown: there was no answer, or the caller lacks permission. */
  readonly error: unknown
}

/** A command sent by a person, and its outcome. */
export interface Action<Args extends readonly unknown[], Result extends Member> extends Outcome<Result> {
  /** Sends the command. Resolves to undefined without sending while one is pending, and after an error. */
  send(...args: Args): Promise<Result | undefined>
  /** Clears the outcome. */
  reset(): void
}

const IDLE = { isPending: false, success: undefined, problem: undefined, error: undefined }

/**
 * A client command for a button: one is sent at a time, its outcome is kept, and every run of the answer is merged into
 * the store, so that the loser of a race sees the current state without another read.
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

/** The runs contained in an answer, and the deletion it reports. */
export function findNews(result: Member): RunNews[] {
  if (result.__typename === 'DeleteRunSuccess' && 'runId' in result) return [toDeletion(String(result.runId))]
  return Object.values(result)
    .flatMap((value: unknown) => (Array.isArray(value) ? (value as unknown[]) : [value]))
    .filter(isRun)
}

function isRun(value: unknown): value is Run {
  return typeof value === 'object' && value !== null && (value as Partial<Run>).__typename === 'Run'
}

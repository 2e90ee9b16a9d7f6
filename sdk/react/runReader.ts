import { PawlAuthError, PawlConnectionError } from '@pawl/sdk'
import type { Pawl, RunDetail, RunStore } from '@pawl/sdk'
import { pause } from '../kit/pause.ts'
import { createLive } from './live.ts'
import type { Live } from './live.ts'
import { toDeletion } from './reread.ts'

/** What is read of one run beside what the store holds of it. */
export interface RunReading {
  /** The run as it was last read whole; of an older revision than the store's for as long as the next reading takes. */
  readonly detail: RunDetail | undefined
  /** Whether the server knows no such run, or none that the caller may see. */
  readonly isMissing: boolean
  /** Why it is read no further; undefined as long as it is. */
  readonly error: unknown
}

/** How long after a lost answer the run is asked for again, in milliseconds. */
const RETRY_DELAY_MS = 2_000
/** How long after the end of a lease the run is read again, in milliseconds: the server has found out by then. */
const LEASE_EXPIRY_MARGIN_MS = 300

/**
 * Follows a run into the store while somebody listens, and reads it whole after each of its revisions, and when its lease was to
 * end: what is allowed changes then without any event.
 */
export function createRunReader(pawl: Pawl, store: RunStore, runId: string): Live<RunReading> {
  const initial: RunReading = { detail: undefined, isMissing: false, error: undefined }
  return createLive<RunReading>(
    initial,
    async (signal, update, get) => {
      update((state) => ({ ...state, isMissing: false, error: undefined }))
      let isReading = false
      let lapse: ReturnType<typeof setTimeout> | undefined

      /** Reads the run whole, until nothing is newer than what was read. Never twice at once, so that answers come in order. */
      const read = async (isForced = false): Promise<void> => {
        if (isReading || signal.aborted) return
        isReading = true
        try {
          while (isForced || isBehind(get().detail, store.get(runId)?.revision)) {
            isForced = false
            const detail = await pawl.runs.get(runId, { signal })
            if (detail) {
              store.apply(detail)
              update((state) => ({ ...state, detail }))
            } else {
              store.apply(toDeletion(runId))
              update((state) => ({ ...state, isMissing: true }))
            }
            clearTimeout(lapse)
            const leaseMs = detail && !detail.isSettled ? untilLapse(detail) : undefined
            if (leaseMs !== undefined) lapse = setTimeout(() => readSoon(true), leaseMs)
          }
        } catch (error) {
          if (signal.aborted) return
          if (!(error instanceof PawlConnectionError)) throw error
          clearTimeout(lapse)
          lapse = setTimeout(() => readSoon(true), RETRY_DELAY_MS)
        } finally {
          isReading = false
        }
      }

      let failed = (_error: unknown) => {}
      const broken = new Promise<never>((_, reject) => (failed = reject))
      const readSoon = (isForced = false) => void read(isForced).catch(failed)
      const unsubscribe = store.subscribe(runId, () => readSoon())
      signal.addEventListener('abort', () => {
        unsubscribe()
        clearTimeout(lapse)
      })
      await Promise.race([
        broken,
        watch(
          signal,
          () => readSoon(),
          () => read(true),
        ),
      ])
      // A run that is final is followed no further; it may still be deleted, which the store is told of.
    },
    (state, error) => ({ ...state, error }),
  )

  async function watch(signal: AbortSignal, onFrame: () => void, read: () => Promise<void>): Promise<void> {
    await read()
    while (!signal.aborted && !store.isDeleted(runId)) {
      try {
        for await (const frame of pawl.runs.watch(runId, { withRun: true, signal })) {
          store.apply(frame)
          onFrame()
        }
        return
      } catch (error) {
        if (error instanceof PawlAuthError || !(error instanceof PawlConnectionError)) throw error
        await pause(RETRY_DELAY_MS, signal)
        await read()
      }
    }
  }
}

function isBehind(detail: RunDetail | undefined, revision: number | undefined): boolean {
  return !detail || (revision !== undefined && detail.revision < revision)
}

/** How long the lease still lasts, by the clock it was read with, in milliseconds; undefined where none is live. */
function untilLapse({ lease, asOf }: RunDetail): number | undefined {
  if (!lease?.isLive || lease.expiresAt === null) return undefined
  return Math.max(0, Date.parse(lease.expiresAt) - Date.parse(asOf)) + LEASE_EXPIRY_MARGIN_MS
}

import { PawlAuthError, PawlConnectionError } from '@pawl/sdk'
import type { Pawl, RunDetail, RunStore } from '@pawl/sdk'
import { pause } from '../kit/pause.ts'
import { createLive } from './live.ts'
import type { Live } from './live.ts'
import { toDeletion } from './reread.ts'

/** What is read of one run in addition to its fields in the store. */
export interface RunReading {
  /** The last full reading of the run; older than the store's revision while the next reading is in progress. */
  readonly detail: RunDetail | undefined
  /** Whether the run does not exist, or the caller may not see it. */
  readonly isMissing: boolean
  /** Why reading has stopped, or what keeps it from the server while it is tried again; undefined if nothing does. */
  readonly error: unknown
}

/** How long after a lost answer the run is requested again, in milliseconds. */
const RETRY_DELAY_MS = 2_000
/**
 * How long after the end of a lease the run is read again, in milliseconds, so that the server has noticed the expiry.
 */
const LEASE_EXPIRY_MARGIN_MS = 300

/**
 * Follows a run into the store while it has listeners, and reads it in full after each revision, and when its lease is
 * due to expire, because the allowed commands change then without an event.
 *
 * @param initial what a server has read already
 */
export function createRunReader(
  pawl: Pawl,
  store: RunStore,
  runId: string,
  initial?: RunDetail | null,
): Live<RunReading> {
  return createLive<RunReading>(
    { detail: initial ?? undefined, isMissing: initial === null, error: undefined },
    async (signal, update, get) => {
      const { detail: known } = get()
      if (known) store.apply(known)
      update((state) => ({ ...state, isMissing: false, error: undefined }))
      let isReading = false
      let lapse: ReturnType<typeof setTimeout> | undefined

      /** Reads the run in full until the reading is up to date. Never concurrently, so that answers arrive in order. */
      const read = async (isForced = false): Promise<void> => {
        if (isReading || signal.aborted) return
        isReading = true
        try {
          while (isForced || isBehind(get().detail, store.get(runId)?.revision)) {
            isForced = false
            const detail = await pawl.runs.get(runId, { signal })
            if (detail) {
              store.apply(detail)
              update((state) => ({ ...state, detail, error: undefined }))
            } else {
              store.apply(toDeletion(runId))
              update((state) => ({ ...state, isMissing: true, error: undefined }))
            }
            clearTimeout(lapse)
            const leaseMs = detail && !detail.isSettled ? untilLapse(detail) : undefined
            if (leaseMs !== undefined) lapse = setTimeout(() => readSoon(true), leaseMs)
          }
        } catch (error) {
          if (signal.aborted) return
          if (!(error instanceof PawlConnectionError)) throw error
          update((state) => ({ ...state, error }))
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
      // A final run is not followed any further; the store still learns of its deletion.
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

/**
 * The time until the lease expires, plus the margin, in milliseconds by the server's clock; undefined without a live
 * lease.
 */
function untilLapse({ lease, asOf }: RunDetail): number | undefined {
  if (!lease?.isLive || lease.expiresAt === null) return undefined
  return Math.max(0, Date.parse(lease.expiresAt) - Date.parse(asOf)) + LEASE_EXPIRY_MARGIN_MS
}

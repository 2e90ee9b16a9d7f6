import { PawlAuthError, PawlCursorExpiredError } from '@pawl/sdk'
import type { Pawl, RunsChange, RunsFeedFilter, RunStore } from '@pawl/sdk'
import { pause } from '../kit/pause.ts'
import { createBatch } from './batch.ts'
import { createCell, createLive } from './live.ts'
import type { Live, Work } from './live.ts'
import { pollRuns, refetchRuns } from './reread.ts'

/** The state of the page's connection to the server. */
export interface ConnectionState {
  /**
   * `CONNECTING` until the first answer; `CONNECTED` while the stream delivers changes; `RECONNECTING` while neither
   * stream nor polls succeed; `POLLING` while the stream is down and the server is polled instead; `REFUSED` if the
   * server rejects the caller, until a new sign-in and `restart`.
   */
  readonly phase: 'CONNECTING' | 'CONNECTED' | 'RECONNECTING' | 'POLLING' | 'REFUSED'
  /**
   * When the phase began, by this machine's clock, in milliseconds since the epoch; for `POLLING`, when the stream was
   * lost.
   */
  readonly since: number
  /** The last error, if any. */
  readonly error: unknown
}

/** Merges every change of the runs into a store while `connection` has listeners. */
export interface RunFeed {
  readonly store: RunStore
  /** The connection's state; listening keeps the feed running. */
  readonly connection: Live<ConnectionState>
  /** Resolves when the feed follows changes: a list read after that misses none. */
  ready(): Promise<void>
  /** Increases each time changes may have been missed and all runs were read again. */
  readonly generation: Live<number>
  /** Restarts the feed, for example after a sign-in. */
  restart(): void
}

/** Options of a feed. */
export interface FeedOptions {
  /** Which runs to follow. Default: all that the caller may see. */
  readonly filter?: RunsFeedFilter | undefined
  /** How often the server is polled while the stream is down, in milliseconds. Default 5,000. */
  readonly pollMs?: number | undefined
}

/** How long after a failed start the feed is started again, in milliseconds. */
const AGAIN_MS = 2_000

/** Creates a feed into the store. If its cursor has expired, it reads all runs of the store again. */
export function createRunFeed(pawl: Pawl, store: RunStore, options: FeedOptions = {}): RunFeed {
  const { filter, pollMs = 5_000 } = options
  const generation = createCell(0)
  let ready = createSignal()
  let restarted = createSignal()

  const work: Work<ConnectionState> = async (signal, update) => {
    while (!signal.aborted) {
      const again = restarted
      const inner = new AbortController()
      const stop = () => inner.abort()
      signal.addEventListener('abort', stop)
      await Promise.race([followUntilRefused(inner.signal, update), again.promise])
      stop()
      signal.removeEventListener('abort', stop)
      if (!signal.aborted) await again.promise
    }
  }

  /** Follows changes until the signal aborts, or the server rejects the caller. */
  async function followUntilRefused(signal: AbortSignal, update: Parameters<Work<ConnectionState>>[1]) {
    const enter = (phase: ConnectionState['phase'], error?: unknown) => {
      if (signal.aborted) return
      update((state) => {
        if (state.phase === phase && state.error === error) return state
        const isSameLoss = isDown(phase) && isDown(state.phase)
        return { phase, since: isSameLoss ? state.since : Date.now(), error }
      })
    }
    const poller = createPoller(signal, async (polling) => {
      try {
        await pollRuns(pawl, store, { filter, signal })
        // An answer that arrives after the stream is back does not change the phase.
        if (!polling.aborted) enter('POLLING')
      } catch (error) {
        if (polling.aborted) return
        if (error instanceof PawlAuthError) enter('REFUSED', error)
        else enter('RECONNECTING', error)
      }
    })
    let isFirst = generation.get() === 0 && store.all().length === 0
    while (!signal.aborted) {
      try {
        const { feedCursor } = await pawl.runs.list({ first: 1, signal, retry: { attempts: 1 } })
        if (!isFirst) {
          await refetchRuns(pawl, store, { filter, signal })
          generation.set(generation.get() + 1)
        }
        isFirst = false
        ready.resolve()
        await follow(feedCursor)
        return
      } catch (error) {
        if (signal.aborted) return
        if (error instanceof PawlCursorExpiredError) continue
        if (error instanceof PawlAuthError) {
          poller.stop()
          return enter('REFUSED', error)
        }
        enter('RECONNECTING', error)
        poller.start(pollMs)
        await pause(AGAIN_MS, signal)
      }
    }

    async function follow(after: string): Promise<void> {
      const batch = createBatch<RunsChange>(signal, (changes) => store.apply(changes))
      const onConnection = (isConnected: boolean) => {
        if (isConnected) {
          poller.stop()
          enter('CONNECTED')
        } else {
          enter('RECONNECTING')
          poller.start(pollMs)
        }
      }
      try {
        // Polls until the first connection succeeds, too.
        poller.start(pollMs)
        for await (const change of pawl.runs.changes({ filter, after, signal, onConnection }))
          batch.add(change)
      } finally {
        batch.flush()
      }
    }
  }

  const connection = createLive<ConnectionState>(
    { phase: 'CONNECTING', since: Date.now(), error: undefined },
    work,
    (state, error) => ({ ...state, phase: 'REFUSED', error }),
  )

  return {
    store,
    connection,
    generation,
    ready: () => ready.promise,
    restart() {
      const before = restarted
      restarted = createSignal()
      ready = createSignal()
      before.resolve()
    },
  }
}

/**
 * Keeps the feed running until the signal aborts, and resolves when it follows changes: what is read then misses none. Tells what
 * keeps it from that.
 *
 * @param takesRefusal whether it also resolves where the feed is refused to a token of one run
 */
export async function untilFollowing(
  feed: RunFeed,
  signal: AbortSignal,
  tell: (error: unknown) => void,
  takesRefusal = false,
): Promise<void> {
  return new Promise((resolve) => {
    let isOver = false
    const end = () => {
      isOver = true
      resolve()
    }
    const look = () => {
      if (isOver) return
      if (takesRefusal && isForbidden(feed)) return end()
      tell(feed.connection.get().error)
      // There is another promise after each restart.
      void feed.ready().then(end)
    }
    const off = feed.connection.subscribe(look)
    signal.addEventListener('abort', () => {
      off()
      end()
    })
    look()
  })
}

/** Whether the feed is refused to a token that sees one run only. */
export function isForbidden({ connection }: RunFeed): boolean {
  const { phase, error } = connection.get()
  return phase === 'REFUSED' && error instanceof PawlAuthError && error.code === 'FORBIDDEN'
}

function isDown(phase: ConnectionState['phase']): boolean {
  return phase === 'RECONNECTING' || phase === 'POLLING'
}

/** A promise with its resolve function. */
function createSignal(): { readonly promise: Promise<void>; resolve(): void } {
  let resolve = () => {}
  const promise = new Promise<void>((settle) => (resolve = settle))
  return { promise, resolve: () => resolve() }
}

/**
 * Calls `poll` repeatedly while started, never concurrently; the signal passed to it aborts when the poller is stopped.
 */
function createPoller(signal: AbortSignal, poll: (polling: AbortSignal) => Promise<void>) {
  let current: AbortController | undefined
  const stop = () => {
    current?.abort()
    current = undefined
  }
  signal.addEventListener('abort', stop)
  return {
    stop,
    start(everyMs: number): void {
      if (current || signal.aborted) return
      const own = (current = new AbortController())
      void (async () => {
        for (;;) {
          await pause(everyMs, own.signal)
          if (own.signal.aborted) return
          await poll(own.signal)
        }
      })()
    },
  }
}

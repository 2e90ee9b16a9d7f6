import type { LoadedRun } from '../store/run/loadRun.ts'
import { openTail, type Tail } from './openTail.ts'
import { assertNotBeyond, endsWith, readPresent, type RunTailOptions, type Streams } from './streams.ts'
import type { WakeUp } from './wakeUps.ts'

/** Options of `tailStatus`. */
export interface TailStatusOptions extends RunTailOptions {
  readonly runId: string
  /** The revision the reader has; default: none, so that the current state comes first. */
  readonly after?: number | undefined
}

/**
 * The current state of the run, then its state after each change, never an older state after a newer one. A slow reader
 * skips superseded states. Ends after the frame of a final run (with `untilSettled`, of a settled one), and when the
 * run is deleted.
 */
export function tailStatus(streams: Streams, options: TailStatusOptions): Tail<LoadedRun> {
  return openTail({
    subscribe: () => streams.signals.subscribe(options.runId),
    items: (wakeUp) => followStatus(streams, options, wakeUp),
    signal: options.signal,
  })
}

async function* followStatus(streams: Streams, options: TailStatusOptions, wakeUp: WakeUp) {
  const { runId, guard } = options
  let { after = 0 } = options
  do {
    await guard?.()
    const loaded = await readPresent(streams, runId)
    if (!loaded) return
    const { revision } = loaded.run
    assertNotBeyond(after, revision)
    if (revision > after) {
      after = revision
      yield loaded
    }
    if (endsWith(loaded.run, options)) return
  } while (await wakeUp.wait())
}

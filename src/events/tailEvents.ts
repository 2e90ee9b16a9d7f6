import type { LoggedEvent } from '../store/run/readEvents.ts'
import { openTail, type Tail } from './openTail.ts'
import {
  assertNotBeyond,
  endsWith,
  joinAppended,
  readNextEvents,
  type RunTailOptions,
  type Streams,
} from './streams.ts'
import type { WakeUp } from './wakeUps.ts'

/** Options of `tailEvents`. */
export interface TailEventsOptions extends RunTailOptions {
  readonly runId: string
  /** The `seq` of the last event the reader has; default 0: from the beginning. */
  readonly after?: number | undefined
}

/**
 * Every event of a run after a cursor, once and in order: those already logged, then new ones (G8). Ends after the last
 * event of a final run (with `untilSettled`, of a settled one), and when the run is deleted; a run that does not exist
 * has no events.
 */
export function tailEvents(streams: Streams, options: TailEventsOptions): Tail<LoggedEvent> {
  return openTail({
    subscribe: () => streams.signals.subscribe(options.runId),
    items: (wakeUp) => followEvents(streams, options, wakeUp),
    signal: options.signal,
  })
}

async function* followEvents(streams: Streams, options: TailEventsOptions, wakeUp: WakeUp) {
  const { runId, guard } = options
  let { after = 0 } = options
  do {
    let appended = joinAppended(wakeUp.appended, after)
    for (;;) {
      await guard?.()
      const page = appended ?? (await readNextEvents(streams, runId, after))
      appended = null
      if (!page) return
      assertNotBeyond(after, page.revision)
      for (const event of page.events) {
        after = event.seq
        yield event
      }
      if (after < page.revision) continue
      if (endsWith(page, options)) return
      break
    }
  } while (await wakeUp.wait())
}

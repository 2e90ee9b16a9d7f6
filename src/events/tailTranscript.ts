import { isLiveSession } from '../lifecycle/activity/sessions.ts'
import type { Entry } from '../store/activity/transcript/entries.ts'
import { readTranscript, type TranscriptPage } from '../store/activity/transcript/readTranscript.ts'
import { openTail, type Tail } from './openTail.ts'
import { assertNotBeyond, type Streams, type TailOptions } from './streams.ts'
import type { WakeUp } from './wakeUps.ts'

/** The entries were removed, with the content of their run. */
export class ContentRemovedError extends Error {
  readonly code = 'CONTENT_REMOVED'
  override readonly name = 'ContentRemovedError'

  constructor(sessionId: string) {
    super(
      `the transcript of ${sessionId} was removed with the content of its run: contentRemoval of the run has when and by whom`,
    )
  }
}

/** Options of `tailTranscript`. */
export interface TailTranscriptOptions extends TailOptions {
  readonly sessionId: string
  /** The session's run: an append wakes the readers of the run. */
  readonly runId: string
  /** The number of the last entry the reader has; default 0: from the beginning. */
  readonly after?: number | undefined
}

/**
 * Every entry of a transcript after a cursor, once and in order: existing entries, then new ones. Ends when the session
 * is DISPOSED, as it is when its run settles, and every entry was delivered; a session that does not exist has no
 * transcript. Fails with ContentRemovedError where the reader lacks entries that were removed with the content of the run.
 */
export function tailTranscript(streams: Streams, options: TailTranscriptOptions): Tail<Entry> {
  return openTail({
    subscribe: () => streams.signals.subscribe(options.runId),
    items: (wakeUp) => followTranscript(streams, options, wakeUp),
    signal: options.signal,
  })
}

async function* followTranscript(
  streams: Streams,
  { sessionId, guard, after: from = 0 }: TailTranscriptOptions,
  wakeUp: WakeUp,
) {
  let after = from
  do {
    for (;;) {
      await guard?.()
      const page = await readNextEntries(streams, sessionId, after)
      if (!page) return
      assertNotBeyond(after, page.lastSeq)
      for (const entry of page.entries) {
        after = entry.seq
        yield entry
      }
      if (page.entries.length === 0 && after < page.lastSeq) throw new ContentRemovedError(sessionId)
      if (after < page.lastSeq) continue
      if (!isLiveSession(page)) return
      break
    }
  } while (await wakeUp.wait())
}

/** How many entries are read at once. */
const PAGE = 100

function readNextEntries(streams: Streams, sessionId: string, after: number): Promise<TranscriptPage | null> {
  const question = `transcript of ${sessionId} after ${after}`
  return streams.share(question, () => readTranscript(streams.store.pool, sessionId, after, PAGE))
}

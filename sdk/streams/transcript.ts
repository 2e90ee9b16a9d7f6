import { PawlConnectionError } from '../kit/errors.ts'
import * as g from '../generated/graphql.ts'
import { createStream } from './stream.ts'
import type { StreamOptions } from './stream.ts'
import type { CallOptions } from '../request/request.ts'
import type { TranscriptEntry } from '../request/types.ts'
import type { Streams } from './watch.ts'

export interface TranscriptOptions extends StreamOptions {
  /** The `seq` of the last known entry. Default 0: from the beginning. */
  readonly after?: number | undefined
}

/** Streams every entry after the cursor, once and in order. */
export function readTranscript(
  streams: Streams,
  sessionId: string,
  options: TranscriptOptions,
): AsyncIterableIterator<TranscriptEntry> {
  let seq = options.after ?? 0
  return createStream<TranscriptEntry>(
    streams,
    {
      async *open(delivery) {
        const variables = { sessionId, after: seq }
        for await (const entry of streams.subscribe(g.TranscriptEntryAppendedDocument, variables, delivery))
          yield toEntry(entry)
      },
      accept: (entry) => {
        if (entry.seq > seq + 1) throw new PawlConnectionError(`Entry ${seq + 1} was lost on the way`)
        const isNews = entry.seq > seq
        if (isNews) seq = entry.seq
        return { isNews, isLast: false }
      },
      isOver: (once) => isTranscriptOver(streams, sessionId, seq, once),
    },
    options,
  )
}

/** An entry as the server sends it, by its kind alone. */
export function toEntry({ __typename, ...entry }: g.TranscriptEntry): TranscriptEntry {
  return entry as TranscriptEntry
}

/** Whether the session does not exist, or is DISPOSED with its transcript read to the end. */
async function isTranscriptOver(
  { requests }: Streams,
  sessionId: string,
  after: number,
  once: CallOptions,
): Promise<boolean> {
  const variables = { ...once, sessionId, after: String(after) }
  const node = await requests.query(g.TranscriptPositionDocument, variables)
  if (node?.__typename !== 'Session') return true
  return node.status === 'DISPOSED' && !node.transcript.pageInfo.hasNextPage
}

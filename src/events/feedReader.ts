import { setTimeout as delay } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import { checkFeedCursor, type FeedCursor, isLater, readFeedCursor } from '../store/feed/feedCursor.ts'
import { type FeedPage, type FeedPosition, readFeedPage } from '../store/feed/feedPage.ts'
import type { Store } from '../store/sql/openStore.ts'
import type { ShareReads } from './shareReads.ts'

/** What changed between two cursors: its first page, and how to read the others. */
export interface FeedBatch {
  readonly from: FeedCursor
  readonly to: FeedCursor
  readonly first: FeedPage
}

/**
 * The feed as all readers of a process read it. Readers that have caught up stand at the same cursor, the tip, and go
 * on together: the feed is read once for all of them. One that comes from elsewhere, or was slow, is led to the tip.
 */
export interface FeedReader {
  /** The cursor of now. */
  open(): Promise<FeedCursor>
  /** Throws CursorExpiredError where a cursor that a client sent can't be gone on from. */
  openAt(cursor: FeedCursor): Promise<void>
  /**
   * What changed since the cursor. `fresh` tells that it was read after this call, so that the reader may sleep when
   * it has gone through it; else there may be more. Throws CursorExpiredError.
   */
  next(cursor: FeedCursor): Promise<{ batch: FeedBatch; fresh: boolean }>
  /** A further page of a batch. */
  nextPage(batch: FeedBatch, after: FeedPosition): Promise<FeedPage>
}

/** The least time between two reads at the tip, in milliseconds: what happens meanwhile is read together. */
const GATHER_MS = 20
/** How many batches are kept for readers that are a little behind. */
const KEPT_BATCHES = 16

interface Link {
  readonly batch: Promise<FeedBatch>
  sent: boolean
}

/** Opens the feed of a process. */
export function openFeedReader(store: Store, share: ShareReads): FeedReader {
  const { pool } = store
  /** What followed on a cursor, for the last few cursors that were the tip. */
  const links = new LRUCache<string, Link>({ max: KEPT_BATCHES })
  let tip: FeedCursor | undefined
  let lastRead = 0

  function advance(cursor: FeedCursor): void {
    if (!tip || tip.started !== cursor.started || !isLater(tip, cursor)) tip = cursor
  }

  async function open(): Promise<FeedCursor> {
    const now = await share('feed cursor', () => readFeedCursor(pool))
    advance(now)
    return now
  }

  function readTip(from: FeedCursor): Link {
    const link: Link = {
      sent: false,
      batch: gather().then(async () => {
        link.sent = true
        lastRead = Date.now()
        const first = await readFeedPage(pool, from, null)
        advance(first.now)
        checkFeedCursor(from, first.now)
        return { from, to: first.now, first }
      }),
    }
    keep(nameOf(from), link)
    return link
  }

  /** Keeps what followed on a cursor, unless nothing did, or it could not be read. */
  function keep(name: string, link: Link): void {
    links.set(name, link)
    const forget = () => links.peek(name) === link && links.delete(name)
    void link.batch.then(({ to }) => nameOf(to) === name && forget(), forget)
  }

  function gather(): Promise<void> {
    const pause = lastRead + GATHER_MS - Date.now()
    return pause > 0 ? delay(pause) : new Promise((resolve) => setImmediate(resolve))
  }

  function lead(from: FeedCursor, to: FeedCursor): Promise<FeedBatch> {
    return share(`feed from ${nameOf(from)} to ${nameOf(to)}`, async () => {
      const first = await readFeedPage(pool, from, to)
      checkFeedCursor(from, first.now)
      return { from, to, first }
    })
  }

  return {
    open,
    async openAt(cursor) {
      checkFeedCursor(cursor, await open())
    },
    async next(cursor) {
      const link = links.get(nameOf(cursor))
      if (link) {
        const fresh = !link.sent
        return { batch: await link.batch, fresh }
      }
      if (tip && nameOf(tip) !== nameOf(cursor)) return { batch: await lead(cursor, tip), fresh: false }
      return { batch: await readTip(cursor).batch, fresh: true }
    },
    nextPage({ from, to }, after) {
      const { xid, runId, seq } = after
      return share(`feed from ${nameOf(from)} to ${nameOf(to)} after ${xid} ${runId} ${seq}`, async () => {
        const page = await readFeedPage(pool, from, to, after)
        checkFeedCursor(from, page.now)
        return page
      })
    },
  }
}

/** Equal for cursors that see the same. */
function nameOf({ started, snapshot }: FeedCursor): string {
  return `${started} ${snapshot}`
}

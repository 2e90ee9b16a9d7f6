import { setTimeout as delay } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import { checkFeedCursor, type FeedCursor, isLater, readFeedCursor } from '../store/feed/feedCursor.ts'
import { type FeedPage, type FeedPosition, readFeedPage } from '../store/feed/feedPage.ts'
import type { Store } from '../store/sql/openStore.ts'
import type { ShareReads } from './shareReads.ts'

/** The changes between two cursors: the first page, and what is needed to read the others. */
export interface FeedBatch {
  readonly from: FeedCursor
  readonly to: FeedCursor
  readonly first: FeedPage
}

/**
 * The feed reader shared by all readers of a process. Readers that have caught up are at the same cursor, the tip, and
 * advance together: the feed is read once for all of them. A reader at another cursor, because it is new or slow, is
 * first brought to the tip.
 */
export interface FeedReader {
  /** The current cursor. */
  open(): Promise<FeedCursor>
  /**
   * Checks a cursor sent by a client.
   *
   * @throws CursorExpiredError if the feed cannot resume from the cursor
   */
  openAt(cursor: FeedCursor): Promise<void>
  /**
   * The changes since the cursor. If `fresh` is true, they were read after this call, so the reader may sleep once it
   * has processed them; otherwise there may be more.
   *
   * @throws CursorExpiredError if the feed cannot resume from the cursor
   */
  next(cursor: FeedCursor): Promise<{ batch: FeedBatch; fresh: boolean }>
  /** Reads the page of a batch that follows `after`. */
  nextPage(batch: FeedBatch, after: FeedPosition): Promise<FeedPage>
}

/** Minimum time between two reads at the tip, in milliseconds: changes within it are read together. */
const GATHER_MS = 20
/** How many batches are cached for readers that are slightly behind. */
const KEPT_BATCHES = 16

interface Link {
  readonly batch: Promise<FeedBatch>
  sent: boolean
}

/** Opens the feed reader of a process. */
export function openFeedReader(store: Store, share: ShareReads): FeedReader {
  const { pool } = store
  /** The batch that follows a cursor, for the most recent tips. */
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

  /** Caches the batch that follows a cursor, unless it turns out empty or the read fails. */
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

/** Equal for cursors with the same visibility. */
function nameOf({ started, snapshot }: FeedCursor): string {
  return `${started} ${snapshot}`
}

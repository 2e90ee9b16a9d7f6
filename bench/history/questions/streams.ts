import { readFeedCursor, type FeedCursor } from '../../../src/store/feed/feedCursor.ts'
import { FEED_PAGE, type FeedPosition, readFeedPage } from '../../../src/store/feed/feedPage.ts'
import { loadRuns } from '../../../src/store/run/loadRun.ts'
import { readEvents } from '../../../src/store/run/readEvents.ts'
import type { Asker } from '../asker.ts'
import { PAGE, type Question } from '../question.ts'

const EVENTS =
  'query ($id: ID!, $after: String, $first: Int) { run(id: $id) { events(after: $after, first: $first) { nodes { seq type payload } } } }'

/** The run with the long log. */
const longest = ({ history }: Asker): string => idOf(history.runs)
const idOf = (run: number): string => `run_${String(run).padStart(26, '0')}`

async function askEvents(asker: Asker, after: number): Promise<number> {
  const { run } = await asker.read<{ run: { events: { nodes: unknown[] } } }>(EVENTS, {
    id: longest(asker),
    after: String(after),
    first: PAGE,
  })
  return run.events.nodes.length
}

async function askStream({ database, ...asker }: Asker, after: number): Promise<number> {
  const page = await readEvents(database.store.pool, longest({ database, ...asker }), after, PAGE)
  return page?.events.length ?? 0
}

async function askFeed(
  { database: { store } }: Asker,
  from: FeedCursor,
  till: FeedCursor | null,
  after?: FeedPosition,
) {
  const { changes } = await readFeedPage(store.pool, from, till, after)
  await loadRuns(
    store.pool,
    store,
    changes.slice(0, PAGE).map(({ runId }) => runId),
  )
  return FEED_PAGE
}

/** The cursor of a reader that has seen none of the history. */
async function fromTheBeginning({ database, history }: Asker): Promise<FeedCursor> {
  const { firstTransaction } = history
  return {
    ...(await readFeedCursor(database.store.pool)),
    snapshot: `${firstTransaction}:${firstTransaction}:`,
  }
}

async function endOfFeedPage({ database, history }: Asker, page: number): Promise<FeedPosition | undefined> {
  const text = `
SELECT xid::text, run_id AS "runId", seq FROM (
  SELECT xid, run_id, seq FROM event UNION ALL SELECT xid, run_id, revision FROM tombstone
) told WHERE xid >= $1::text::xid8 ORDER BY told.xid, run_id, seq OFFSET $2 LIMIT 1`
  const values = [String(history.firstTransaction), page * FEED_PAGE - 1]
  return (await database.store.pool.query<FeedPosition>(text, values)).rows[0]
}

/** Logs, and the feed across runs. */
export const STREAMS: readonly Question[] = [
  {
    name: 'events of a run',
    grows: 'page',
    ask: (asker) => askEvents(asker, 0),
    at: async (_, page) => (asker) => askEvents(asker, (page - 1) * PAGE),
  },
  {
    name: 'runEventAppended',
    grows: 'page',
    ask: (asker) => askStream(asker, 0),
    at: async (_, page) => (asker) => askStream(asker, (page - 1) * PAGE),
  },
  {
    name: 'runsChanged, nothing new',
    grows: 'page',
    ask: async (asker) => {
      await readFeedPage(asker.database.store.pool, await readFeedCursor(asker.database.store.pool), null)
      return 1
    },
  },
  {
    name: 'runsChanged',
    grows: 'page',
    ask: async (asker) => askFeed(asker, await fromTheBeginning(asker), null),
    at: async (asker, page) => {
      const from = await fromTheBeginning(asker)
      const till = await readFeedCursor(asker.database.store.pool)
      if (page === 1) return (each) => askFeed(each, from, till)
      const after = await endOfFeedPage(asker, page - 1)
      return after ? (each) => askFeed(each, from, till, after) : null
    },
  },
]

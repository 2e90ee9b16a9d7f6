import type { Page } from '../sql/page.ts'
import { type LoadedRun, toLoaded } from './loadRun.ts'
import type { Store } from '../sql/openStore.ts'
import {
  bool,
  type Connection,
  json,
  moment,
  nullable,
  prepare,
  query,
  type RowOf,
} from '../sql/statement.ts'
import { FEED_CURSOR, type FeedCursor, encodeFeedCursor } from '../feed/feedCursor.ts'
import { selectPresent } from '../rows/selectWork.ts'
import { LOADED_ROW } from '../rows/runRows.ts'
import {
  composePages,
  groupByPlace,
  type OwnedPageRequest,
  PLACED_ROW,
  readFromBothEnds,
  toOwnedPage,
  toPageValues,
} from '../sql/ownedPages.ts'
import type { Visibility } from './runFilter.ts'
import { type RunsOf, runsOf } from './runsOf.ts'

/** A page of runs that belong to something, and the cursor at which the feed of runs continues after it. */
export interface RunPage extends Page<LoadedRun> {
  readonly feedCursor: string
}

const ROW = {
  feed_cursor: json<FeedCursor | null>(),
  clock: moment,
  ...PLACED_ROW,
  is_there: nullable(bool),
  ...LOADED_ROW,
}

type Row = RowOf<typeof ROW>

/** Prepares the listing of pages of the runs that belong to several owners at once. */
function prepareRunPages(of: RunsOf) {
  const list = runsOf(of, '$7', '$8')
  const prepareFrom = (fromEnd: boolean) => {
    const { around, asked, rows, direction } = composePages(list, fromEnd)
    return prepare({
      name: `list-runs-of-${of}${fromEnd ? '-from-end' : ''}`,
      row: ROW,
      text: `
SELECT ${FEED_CURSOR} AS feed_cursor, clock_timestamp() AS clock, ${around}, listed.*
FROM ${asked}
LEFT JOIN LATERAL (
  SELECT true AS is_there, ${selectPresent('NULL')} FROM (SELECT r.id ${rows}) k JOIN run r ON r.id = k.id
) listed ON true
ORDER BY asked.place, listed.created_at ${direction}, listed.id ${direction}`,
    })
  }
  const fromStart = prepareFrom(false)
  const fromItsEnd = prepareFrom(true)
  return (
    connection: Connection,
    store: Store,
    asked: readonly OwnedPageRequest[],
    { projects, runId }: Visibility,
  ): Promise<RunPage[]> =>
    readFromBothEnds(asked, async (some, fromEnd) => {
      const values = [...toPageValues(some), projects, runId]
      const found = groupByPlace(
        some.length,
        await query(connection, fromEnd ? fromItsEnd : fromStart, values),
      )
      return Promise.all(some.map((page, index) => toRunPage(connection, store, page, found[index] ?? [])))
    })
}

/** Pages of the children of runs that are visible to a reader, newest first, in the order of the requests. */
export const listChildren = prepareRunPages('children')

/** Pages of the runs that work or worked in workspaces and are visible to a reader, newest first, in the order of the requests. */
export const listRunsOfWorkspaces = prepareRunPages('workspace')

async function toRunPage(
  connection: Connection,
  store: Store,
  asked: OwnedPageRequest,
  rows: readonly Row[],
): Promise<RunPage> {
  const [first] = rows
  if (!first?.feed_cursor) throw new Error('the database was not migrated: it has no installation')
  const page = toOwnedPage(asked, rows, (row) => (row.is_there ? row : null))
  const items = await Promise.all(page.items.map((row) => toLoaded(store, row)))
  return { ...page, items, feedCursor: await encodeFeedCursor(store, first.feed_cursor, connection) }
}

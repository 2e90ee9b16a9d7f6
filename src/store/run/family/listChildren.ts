import { type Page, toPage } from '../../sql/page.ts'
import { type LoadedRun, toLoaded } from '../loadRun.ts'
import type { Store } from '../../sql/openStore.ts'
import {
  bool,
  type Connection,
  int,
  json,
  moment,
  nullable,
  prepare,
  query,
  type RowOf,
} from '../../sql/statement.ts'
import { FEED_CURSOR, type FeedCursor, encodeFeedCursor } from '../../feed/feedCursor.ts'
import { isVisible } from './isVisible.ts'
import { selectPresent } from '../../rows/selectWork.ts'
import { LOADED_ROW } from '../../rows/runRows.ts'
import { type RunPageRequest, groupByPlace } from '../../sql/runPages.ts'
import type { Visibility } from '../runFilter.ts'

/** A page of the children of a run, and the cursor at which the feed of runs continues after it. */
export interface ChildPage extends Page<LoadedRun> {
  readonly feedCursor: string
}

const LIST = prepare({
  name: 'list-children',
  row: {
    feed_cursor: json<FeedCursor | null>(),
    clock: moment,
    place: int,
    has_behind: bool,
    is_there: nullable(bool),
    ...LOADED_ROW,
  },
  text: `
SELECT ${FEED_CURSOR} AS feed_cursor, clock_timestamp() AS clock, asked.place::int AS place,
  asked.at IS NOT NULL AND EXISTS (
    SELECT FROM run r WHERE r.parent_id = asked.parent_id AND ${isVisible('$5', '$6')} AND (r.created_at, r.id) >= (asked.at, asked.id)
  ) AS has_behind, listed.*
FROM unnest($1::text[], $2::timestamptz[], $3::text[], $4::int[]) WITH ORDINALITY AS asked(parent_id, at, id, many, place)
LEFT JOIN LATERAL (
  SELECT true AS is_there, ${selectPresent('NULL')} FROM (
    SELECT r.id FROM run r
    WHERE r.parent_id = asked.parent_id AND ${isVisible('$5', '$6')}
      AND (asked.at IS NULL OR (r.created_at, r.id) < (asked.at, asked.id))
    ORDER BY r.created_at DESC, r.id DESC LIMIT asked.many + 1
  ) k JOIN run r ON r.id = k.id
) listed ON true
ORDER BY asked.place, listed.created_at DESC, listed.id DESC`,
})

type Row = RowOf<(typeof LIST)['row']>

/** Pages of the children of runs that are visible to a reader, newest first, in the order of the requests. */
export async function listChildren(
  connection: Connection,
  store: Store,
  asked: readonly RunPageRequest[],
  { projects, runId }: Visibility,
): Promise<ChildPage[]> {
  const rows = await query(connection, LIST, [
    asked.map((page) => page.runId),
    asked.map(({ after }) => (after ? new Date(after.at).toISOString() : null)),
    asked.map(({ after }) => after?.id ?? null),
    asked.map(({ limit }) => limit),
    projects,
    runId,
  ])
  const found = groupByPlace(asked.length, rows)
  return Promise.all(asked.map((page, index) => toChildPage(connection, store, page, found[index] ?? [])))
}

async function toChildPage(
  connection: Connection,
  store: Store,
  { limit }: RunPageRequest,
  rows: readonly Row[],
): Promise<ChildPage> {
  const [first] = rows
  if (!first?.feed_cursor) throw new Error('the database was not migrated: it has no installation')
  const loaded = await Promise.all(rows.filter((row) => row.is_there).map((row) => toLoaded(store, row)))
  const asked = { limit, fromEnd: false, after: null, before: null }
  const page = toPage(loaded, asked, { hasBehind: first.has_behind, hasAhead: false })
  return { ...page, feedCursor: await encodeFeedCursor(store, first.feed_cursor, connection) }
}

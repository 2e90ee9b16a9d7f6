import type { Store } from '../sql/openStore.ts'
import { type Connection, json, prepare, query } from '../sql/statement.ts'
import { seal, unseal } from '../sql/seal.ts'

/**
 * A place in the feed across runs: everything that was visible to one snapshot of the database has been told. Numbers
 * and transaction ids commit out of order, so a position could skip what commits late; a snapshot can't.
 */
export interface FeedCursor {
  /** Id of the installation that the snapshot was taken in. */
  readonly installation: string
  /** The start of the database server: after another one, transaction ids that were never flushed are used again. */
  readonly started: string
  /** `pg_snapshot` as text: xmin:xmax:in-progress list. */
  readonly snapshot: string
  /** When it was taken, in milliseconds since 1970. */
  readonly at: number
}

/** A cursor that can't be gone on from: the runs are to be listed again, and that listing's cursor to be taken. */
export class CursorExpiredError extends Error {
  readonly code = 'CURSOR_EXPIRED'
  override readonly name = 'CursorExpiredError'

  constructor(because: string) {
    super(`the feed can't be taken up from this cursor, ${because}: list the runs again`)
  }
}

/** How long a cursor is good for, in seconds: listing again is cheaper than going through more than this. */
export const FEED_CURSOR_SECONDS = 86_400

/**
 * SQL for the cursor of the statement that it stands in, as JSON: what that statement does not see, the feed tells
 * from there. To be sent to the primary, outside any transaction that writes.
 *
 * A backend that dies makes the server recover without starting anew; then, from version 15 on, its statistics begin
 * anew, which tells one recovery from another. Older versions can't tell it in an affordable way.
 */
export const FEED_CURSOR = `(SELECT jsonb_build_object(
  'installation', i.id,
  'started', concat_ws('/', extract(epoch from pg_postmaster_start_time()),
    CASE WHEN current_setting('server_version_num')::int >= 150000
      THEN extract(epoch from pg_stat_get_bgwriter_stat_reset_time()) END),
  'snapshot', pg_current_snapshot()::text,
  'at', round(extract(epoch from clock_timestamp()) * 1000)::bigint) FROM installation i)`

const READ_CURSOR = prepare({
  name: 'read-feed-cursor',
  row: {
    cursor: json<FeedCursor | null>(),
  },
  text: `SELECT ${FEED_CURSOR} AS cursor`,
})

/** The cursor of now: the feed goes on from here with all that is committed later. */
export async function readFeedCursor(connection: Connection): Promise<FeedCursor> {
  const [row] = await query(connection, READ_CURSOR, [])
  if (!row?.cursor) throw new Error('the database was not migrated: it has no installation')
  return row.cursor
}

/** What cursors are sealed for. */
const PURPOSE = 'feed cursor'

/** The cursor as clients keep it: sealed, since a snapshot tells how much is written by everybody, in projects they do not see. */
export async function encodeFeedCursor(
  store: Store,
  { installation, started, snapshot, at }: FeedCursor,
  connection: Connection = store.pool,
): Promise<string> {
  const secret = await store.readSecret(connection)
  return seal(secret, PURPOSE, JSON.stringify([installation, started, snapshot, at]))
}

/** Reads a cursor as clients send it back. Throws CursorExpiredError for what is none. */
export async function decodeFeedCursor(store: Store, sealed: string): Promise<FeedCursor> {
  const text = unseal(await store.readSecret(store.pool), PURPOSE, sealed)
  const [installation, started, snapshot, at] = text === null ? [] : parseList(text)
  if (
    typeof installation !== 'string' ||
    typeof started !== 'string' ||
    typeof snapshot !== 'string' ||
    typeof at !== 'number' ||
    !isSnapshot(snapshot)
  )
    throw new CursorExpiredError('which is malformed')
  return { installation, started, snapshot, at }
}

/** Throws CursorExpiredError where `now` can't tell what changed since the cursor. */
export function checkFeedCursor(cursor: FeedCursor, now: FeedCursor): void {
  if (cursor.installation !== now.installation)
    throw new CursorExpiredError('which is of another installation')
  if (cursor.started !== now.started) throw new CursorExpiredError('the database has started anew since')
  if (now.at - cursor.at > FEED_CURSOR_SECONDS * 1000) throw new CursorExpiredError('which is too old')
}

/** True where a cursor of the same start sees more than another: fewer transactions are still in progress to it. */
export function isLater(cursor: FeedCursor, other: FeedCursor): boolean {
  const one = parseSnapshot(cursor.snapshot)
  const two = parseSnapshot(other.snapshot)
  return one.xmax === two.xmax ? one.xip.length < two.xip.length : one.xmax > two.xmax
}

function parseList(text: string): unknown[] {
  try {
    const parsed: unknown = JSON.parse(text)
    return Array.isArray(parsed) ? parsed : []
  } catch {
    return []
  }
}

const SNAPSHOT = /^([1-9]\d{0,17}):([1-9]\d{0,17}):((?:\d{1,18})(?:,\d{1,18})*)?$/

function parseSnapshot(text: string) {
  const [, xmin = '0', xmax = '0', xip = ''] = SNAPSHOT.exec(text) ?? []
  return { xmin: BigInt(xmin), xmax: BigInt(xmax), xip: xip === '' ? [] : xip.split(',').map(BigInt) }
}

/** True for what PostgreSQL takes for a snapshot. */
function isSnapshot(text: string): boolean {
  if (!SNAPSHOT.test(text)) return false
  const { xmin, xmax, xip } = parseSnapshot(text)
  const bounds = [xmin, ...xip, xmax]
  return (
    bounds.every((bound, index) => index === 0 || bound >= (bounds[index - 1] ?? xmin)) && !xip.includes(xmax)
  )
}

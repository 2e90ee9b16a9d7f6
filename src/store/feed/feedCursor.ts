import type { Store } from '../sql/openStore.ts'
import { type Connection, json, prepare, query } from '../sql/statement.ts'
import { seal, unseal } from '../sql/seal.ts'

/**
 * A position in the feed across runs: everything visible to one snapshot of the database has been delivered. Sequence
 * numbers and transaction ids commit out of order, so a numeric position could skip a late commit; a snapshot cannot.
 */
export interface FeedCursor {
  /** Id of the installation that the snapshot was taken in. */
  readonly installation: string
  /**
   * Identifies the start of the database server: after a restart, transaction ids that were never flushed are reused.
   */
  readonly started: string
  /** `pg_snapshot` as text: xmin:xmax:in-progress list. */
  readonly snapshot: string
  /** When it was taken, in milliseconds since 1970. */
  readonly at: number
}

/** A stream cannot resume from this cursor: the client must read again what it shows, and continue from there. */
export class CursorExpiredError extends Error {
  readonly code = 'CURSOR_EXPIRED'
  override readonly name = 'CursorExpiredError'
}

/** The feed cannot resume: the client must list the runs again and use that listing's cursor. */
function feedExpired(because: string): CursorExpiredError {
  return new CursorExpiredError(`the feed can't resume from this cursor, ${because}: list the runs again`)
}

/** How long a cursor is valid, in seconds: beyond it, listing again is cheaper than reading the changes. */
export const FEED_CURSOR_SECONDS = 86_400

/**
 * SQL for the cursor of the containing statement, as JSON: the feed continues from it with what that statement does not
 * see. Send it to the primary, outside any transaction that writes.
 *
 * When a backend crashes, the server recovers without restarting; from version 15 on, it then resets its statistics,
 * whose reset time distinguishes recoveries. Older versions offer no affordable way to detect one.
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

/** The current cursor: the feed continues from it with everything committed later. */
export async function readFeedCursor(connection: Connection): Promise<FeedCursor> {
  const [row] = await query(connection, READ_CURSOR, [])
  if (!row?.cursor) throw new Error('the database was not migrated: it has no installation')
  return row.cursor
}

/** The purpose that cursors are sealed for. */
const PURPOSE = 'feed cursor'

/**
 * Encodes a cursor for clients. It is sealed, because a snapshot reveals write activity in projects the client cannot
 * see.
 */
export async function encodeFeedCursor(
  store: Store,
  { installation, started, snapshot, at }: FeedCursor,
  connection: Connection = store.pool,
): Promise<string> {
  const secret = await store.readSecret(connection)
  return seal(secret, PURPOSE, JSON.stringify([installation, started, snapshot, at]))
}

/**
 * Decodes a cursor sent by a client.
 *
 * @throws CursorExpiredError if it is not a valid cursor
 */
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
    throw feedExpired('which is malformed')
  return { installation, started, snapshot, at }
}

/**
 * Checks that the changes since a cursor can be determined at `now`.
 *
 * @throws CursorExpiredError if they cannot
 */
export function checkFeedCursor(cursor: FeedCursor, now: FeedCursor): void {
  if (cursor.installation !== now.installation) throw feedExpired('which is of another installation')
  if (cursor.started !== now.started) throw feedExpired('the database has been restarted since')
  if (now.at - cursor.at > FEED_CURSOR_SECONDS * 1000) throw feedExpired('which is too old')
}

/**
 * Whether a cursor of the same server start sees more than another: a higher xmax, or the same with fewer transactions
 * in progress.
 */
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

/** Whether PostgreSQL accepts the text as a snapshot. */
function isSnapshot(text: string): boolean {
  if (!SNAPSHOT.test(text)) return false
  const { xmin, xmax, xip } = parseSnapshot(text)
  const bounds = [xmin, ...xip, xmax]
  return (
    bounds.every((bound, index) => index === 0 || bound >= (bounds[index - 1] ?? xmin)) && !xip.includes(xmax)
  )
}

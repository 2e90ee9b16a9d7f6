import { FEED_CURSOR, type FeedCursor } from './feedCursor.ts'
import { type Connection, json, prepare, query } from '../sql/statement.ts'

/** A run that changed, at its last change; the fields that the feed filters by never change. */
export interface FeedChange {
  readonly runId: string
  readonly kind: 'UPSERTED' | 'DELETED'
  readonly revision: number
  readonly project: string
  /** Name of the run's workflow. */
  readonly workflow: string
  readonly labels: readonly string[]
}

/** Where a page of the feed ended; pass it to read the next one. */
export interface FeedPosition {
  readonly xid: string
  readonly runId: string
  readonly seq: number
}

/** Some of the changes between two snapshots. */
export interface FeedPage {
  readonly changes: readonly FeedChange[]
  /** The cursor of the statement that read the page. */
  readonly now: FeedCursor
  /** Where to continue; null on the last page. */
  readonly more: FeedPosition | null
}

/** Maximum number of events and tombstones read per page. */
export const FEED_PAGE = 500

const START: FeedPosition = { xid: '0', runId: '', seq: 0 }

/** A change since a snapshot was not visible in it: its transaction was in progress then, or began later. */
const SINCE = [
  (xid: string) => `${xid} = ANY(ARRAY(SELECT pg_snapshot_xip($1::pg_snapshot)))`,
  (xid: string) => `${xid} >= pg_snapshot_xmax($1::pg_snapshot)`,
]

/** One index scan of at most a page, in page order. */
const scan = (table: string, seq: string, gone: boolean) => (since: (xid: string) => string) =>
  `
  (SELECT c.xid, c.run_id, c.${seq} AS seq, ${gone} AS gone FROM ${table} c
  WHERE ${since('c.xid')} AND (c.xid, c.run_id, c.${seq}) > ($3::xid8, $4::text, $5::int)
    AND ($2::pg_snapshot IS NULL OR c.xid < pg_snapshot_xmax($2::pg_snapshot) AND pg_visible_in_snapshot(c.xid, $2::pg_snapshot))
  ORDER BY 1, 2, 3 LIMIT ${FEED_PAGE})`

const SCANS = [
  ...SINCE.map(scan('event', 'seq', false)),
  ...SINCE.map(scan('tombstone', 'revision', true)),
].join(' UNION ALL')

// LATERAL keeps the planner, which expects a full page, from reading all runs for the few that changed
const READ_PAGE = prepare({
  name: 'read-feed-page',
  row: {
    now: json<FeedCursor | null>(),
    changed: json<ChangedRow[]>(),
  },
  text: `
WITH changed AS MATERIALIZED (
  SELECT * FROM (${SCANS}) c ORDER BY xid, run_id, seq LIMIT ${FEED_PAGE}
)
SELECT ${FEED_CURSOR} AS now, (
  SELECT coalesce(json_agg(json_build_object(
    'xid', c.xid::text, 'runId', c.run_id, 'seq', c.seq, 'gone', c.gone,
    'project', of.project, 'workflow', of.workflow, 'labels', of.labels) ORDER BY c.xid, c.run_id, c.seq), '[]')
  FROM changed c
  LEFT JOIN LATERAL (
    (SELECT r.project, w.name AS workflow, r.labels FROM run r JOIN workflow w ON w.id = r.workflow_id
    WHERE NOT c.gone AND r.id = c.run_id AND r.revision = c.seq)
    UNION ALL
    (SELECT t.project, t.workflow, t.labels FROM tombstone t WHERE c.gone AND t.run_id = c.run_id)
  ) of ON true
) AS changed`,
})

interface ChangedRow extends FeedPosition {
  readonly gone: boolean
  /** Null, like workflow and labels, for an event that is not the last of its run: a later one reports the run. */
  readonly project: string | null
  readonly workflow: string
  readonly labels: string[]
}

/**
 * Reads what changed since the snapshot of `from`: each run once, at its last event, and deleted runs at their
 * tombstone. Without `till` it reads up to now, and the page's `now` is the cursor to continue from once all pages are
 * read. Further pages take that cursor as `till`, and the position at which the previous page ended.
 *
 * Every page reads a bounded number of index entries, regardless of the load on the database server. The caller checks
 * `now` against `from`.
 */
export async function readFeedPage(
  connection: Connection,
  from: FeedCursor,
  till: FeedCursor | null,
  after: FeedPosition = START,
): Promise<FeedPage> {
  const values = [from.snapshot, till?.snapshot ?? null, after.xid, after.runId, after.seq]
  const [row] = await query(connection, READ_PAGE, values)
  if (!row?.now) throw new Error('the database was not migrated: it has no installation')
  const { now, changed } = row
  const last = changed.length === FEED_PAGE ? changed.at(-1) : undefined
  return {
    changes: changed.flatMap(toChange),
    now,
    more: last ? { xid: last.xid, runId: last.runId, seq: last.seq } : null,
  }
}

function toChange({ runId, seq, gone, project, workflow, labels }: ChangedRow): FeedChange[] {
  if (project === null) return []
  return [{ runId, kind: gone ? 'DELETED' : 'UPSERTED', revision: seq, project, workflow, labels }]
}

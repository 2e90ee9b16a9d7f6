import type { RunEvent } from '../../lifecycle/run/events.ts'
import type { Instant, Run } from '../../lifecycle/run/run.ts'
import { column, type Connection, prepare, query } from '../sql/statement.ts'
import { toReleaseKey } from '../rows/releaseKey.ts'
import { type UnloggedData, collectChangedRows } from '../rows/workRows.ts'
import { type ColumnName, toDate } from '../sql/columns.ts'
import { RUN_COLUMNS, toRunJson } from '../rows/runRows.ts'
import { insertWorkRows, insertEvents } from '../rows/workTables.ts'

/** What applying a decision writes. */
export interface Change extends UnloggedData {
  readonly before: Run
  readonly after: Run
  readonly events: readonly RunEvent[]
  /** When the sweep should next check the run. */
  readonly dueAt: Instant | null
}

/** The columns that are set when a run is created and never change. */
const FIXED: readonly ColumnName<'run'>[] = [
  'id',
  'project',
  'workflow_id',
  'title',
  'first_round',
  'concurrency_key',
  'labels',
  'input',
  'parent_id',
  'continues_id',
  'chain_id',
  'depth',
  'created_by',
  'created_by_id',
  'created_at',
]

/** The columns computed from the new row `n` and the current one `r` instead of copied from `n`. */
const RECKONED: { readonly [C in ColumnName<'run'>]?: string } = {
  // extending a grace after a time without any server changes the row without a revision
  grace_ends_at:
    'CASE WHEN n.grace_ends_at IS NULL THEN NULL ELSE greatest(r.grace_ends_at, n.grace_ends_at) END',
  // the columns keep the last claim after it ends: a settled run's claim ends without a revision
  claimed_by: 'CASE WHEN n.lease_owner IS NULL THEN r.claimed_by ELSE n.claimed_by END',
  claimed_by_id: 'CASE WHEN n.lease_owner IS NULL THEN r.claimed_by_id ELSE n.claimed_by_id END',
  claim_kinds: 'CASE WHEN n.lease_owner IS NULL THEN r.claim_kinds ELSE n.claim_kinds END',
  last_activity_at: 'greatest(r.last_activity_at, n.last_activity_at)',
  parent_told:
    'CASE WHEN r.settled_at IS DISTINCT FROM n.settled_at THEN r.parent_id IS NULL ELSE r.parent_told END',
}

const WRITTEN = RUN_COLUMNS.names.filter((column) => !FIXED.includes(column))

/** The assignments that write a decision into the row of a run `r` from a row `n`. */
const set = (releaseKey: string): string =>
  [
    ...WRITTEN.map((column) => `${column} = ${RECKONED[column] ?? `n.${column}`}`),
    `release_key = coalesce(${releaseKey}, r.release_key)`,
  ].join(', ')

/** The one statement that changes a run, guarded by the revision and the lease that the decision was based on (G1). */
const APPLY = prepare({
  name: 'apply-decision',
  row: {
    id: column('run', 'id'),
  },
  text: `
WITH guard AS (
  UPDATE run r SET ${set('$6')}
  FROM jsonb_populate_record(NULL::run, $4::jsonb) n
  WHERE r.id = $1 AND r.revision = $2 AND r.lease_expires_at IS NOT DISTINCT FROM $3::timestamptz
  RETURNING r.id
), ${insertWorkRows('$5')}
SELECT id FROM guard`,
})

/**
 * Like `APPLY`, but also writes the parent's events in the same statement: if either row differs from the one the
 * decision was based on, nothing is written. It locks both rows first, the child's before its parent's, the order used
 * everywhere.
 */
const APPLY_WITH_PARENT = prepare({
  name: 'apply-decision-below',
  row: {
    id: column('run', 'id'),
  },
  text: `
WITH held AS MATERIALIZED (
  SELECT id FROM run
  WHERE id = $1 AND revision = $2 AND lease_expires_at IS NOT DISTINCT FROM $3::timestamptz
    OR id = $7 AND revision = $8 AND lease_expires_at IS NOT DISTINCT FROM $9::timestamptz
  ORDER BY depth DESC FOR UPDATE
), guard AS (
  UPDATE run r SET ${set('$6')}
  FROM jsonb_populate_record(NULL::run, $4::jsonb) n
  WHERE r.id = $1 AND (SELECT count(*) FROM held) = 2
  RETURNING r.id
), above AS (
  UPDATE run r SET ${set('NULL')}
  FROM guard, jsonb_populate_record(NULL::run, $10::jsonb) n
  WHERE r.id = $7
  RETURNING r.id
), ${insertEvents('$11', 'above')}, ${insertWorkRows('$5')}
SELECT id FROM guard`,
})

/**
 * SQL that changes only a run and its log, with the usual guard; its parameters are those of `toParentValues`.
 *
 * @param after a CTE whose result must not be empty for anything to be written
 */
export function updateParent(
  [id, revision, lease, row, events]: readonly [string, string, string, string, string],
  after?: string,
): string {
  return `
above AS (
  UPDATE run r SET ${set('NULL')}
  FROM ${after ? `${after}, ` : ''}jsonb_populate_record(NULL::run, ${row}::jsonb) n
  WHERE r.id = ${id} AND r.revision = ${revision} AND r.lease_expires_at IS NOT DISTINCT FROM ${lease}::timestamptz
  RETURNING r.id
), ${insertEvents(events, 'above')}`
}

/** The values of a change of only a run and its log. */
export function toParentValues({ before, after, events, dueAt, key }: Change): unknown[] {
  return [
    before.id,
    before.revision,
    toDate(before.claim?.expiresAt ?? null),
    toRunJson(after, dueAt),
    JSON.stringify(collectChangedRows(before, after, events, { key })),
  ]
}

/**
 * Applies a decision: writes the run, the rows that belong to it and the events together or not at all. Returns false
 * if a concurrent change came first: nothing is written, and the caller must decide again.
 *
 * @param above the change of the parent to write in the same statement; null: none
 */
export async function applyDecision(
  connection: Connection,
  change: Change,
  above: Change | null = null,
): Promise<boolean> {
  const { before, after, events, dueAt, key } = change
  const values = [
    before.id,
    before.revision,
    toDate(before.claim?.expiresAt ?? null),
    toRunJson(after, dueAt),
    JSON.stringify(collectChangedRows(before, after, events, change)),
    // a release after settling leaves no event to keep its key on
    events.length === 0 && key?.operation === 'releaseRun' ? toReleaseKey(before.fence, key.key) : null,
  ]
  const rows = above
    ? await query(connection, APPLY_WITH_PARENT, [...values, ...toParentValues(above)])
    : await query(connection, APPLY, values)
  return rows.length === 1
}

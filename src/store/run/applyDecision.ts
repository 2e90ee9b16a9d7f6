import type { RunEvent } from '../../lifecycle/run/events.ts'
import type { Family } from '../../lifecycle/run/family.ts'
import type { Instant, Run } from '../../lifecycle/run/run.ts'
import { column, type Connection, prepare, query, text } from '../sql/statement.ts'
import { toReleaseKey } from '../rows/releaseKey.ts'
import { type UnloggedData, collectChangedRows } from '../rows/workRows.ts'
import { type ColumnName, toDate } from '../sql/columns.ts'
import { INSERT_RUN, RUN_COLUMNS, toRunJson, toRunRow } from '../rows/runRows.ts'
import { insertEvents, insertWorkRows, toWorkJson } from '../rows/workTables.ts'

/** What applying a decision writes, whether it changes a run or creates one. */
interface Written extends UnloggedData {
  readonly after: Run
  readonly events: readonly RunEvent[]
  /** When the sweep should next check the run. */
  readonly dueAt: Instant | null
  /** False once the database may be another one than the decision was made on; absent: it was made on what has just been loaded. */
  readonly stillHolds?: () => boolean
}

/** A run that changes. */
export interface Change extends Written {
  readonly before: Run
  /** Until when the decision holds, such as the expiry of a lease that was live when it was made; null: until the run changes. */
  readonly until: Instant | null
  /** The relatives that the decision was made with. */
  readonly family: Family
}

/** A run that is created, beside no other run. */
export interface NewRun extends Written {
  readonly before: null
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

/**
 * The statement that changes one run, with the values of `toOwnValues`, `until` and the idempotency key. The row is locked first and the guard reads what was locked: the
 * clock is judged after that, because PostgreSQL does not re-evaluate a condition of the UPDATE after a wait that changed nothing.
 *
 * @param wait SQL that says what happens if another transaction has locked the row; empty: the statement waits
 */
const applyingOne = (name: string, wait: string) =>
  prepare({
    name,
    row: { outcome: text },
    text: `
WITH held AS MATERIALIZED (
  SELECT id, revision, lease_expires_at FROM run WHERE id = $1 FOR NO KEY UPDATE ${wait}
), guard AS (
  UPDATE run r SET ${set('$6')}
  FROM held h, jsonb_populate_record(NULL::run, $4::jsonb) n
  WHERE r.id = h.id AND h.revision = $2 AND h.lease_expires_at IS NOT DISTINCT FROM $3::timestamptz
    AND ($7::timestamptz IS NULL OR $7 > clock_timestamp())
    AND ${isNewKey({ scope: '$8', operation: '$9', key: '$10' })}
  RETURNING r.id, 0 AS ord
), ${insertWorkRows('$5')}
SELECT CASE WHEN EXISTS (SELECT FROM guard) THEN 'WRITTEN' WHEN EXISTS (SELECT FROM held) THEN 'LOST' ELSE 'LOCKED' END AS outcome`,
  })

const APPLY = applyingOne('apply-decision', '')

const APPLY_UNLESS_LOCKED = applyingOne('apply-decision-unless-locked', 'SKIP LOCKED')

/**
 * The statement that changes runs and creates them, each decision guarded by the revision and the lease that it was based on (G1), as in
 * `applyingOne`. Its parameter is that of `toDecisionsJson`. A statement for one run costs a third less, so each has its own.
 *
 * - The rows are locked in the order of their ids; those that others have locked are left out.
 * - The idempotency key is looked up here, because a violated constraint would cost all decisions of the statement. A run that is created
 *   under a key that is taken is left out for the same reason.
 * - The rows that belong to a run are joined on the position of the decision, not on the run.
 */
const APPLY_TOGETHER = prepare({
  name: 'apply-decisions',
  row: { outcome: text },
  text: `
WITH decision AS MATERIALIZED (
  SELECT * FROM jsonb_to_recordset($1::jsonb -> 'decision') AS d(ord int, id text, revision int, lease timestamptz, until timestamptz,
    release_key text, key_scope text, operation text, key text, run jsonb)
), held AS MATERIALIZED (
  SELECT r.id, r.revision, r.lease_expires_at FROM run r
  WHERE r.id = ANY (ARRAY(SELECT d.id FROM decision d WHERE d.revision IS NOT NULL))
  ORDER BY r.id FOR NO KEY UPDATE SKIP LOCKED
), current AS MATERIALIZED (
  SELECT d.* FROM decision d JOIN held h USING (id)
  WHERE h.revision = d.revision AND h.lease_expires_at IS NOT DISTINCT FROM d.lease
), changed AS (
  UPDATE run r SET ${set('c.release_key')}
  FROM current c, jsonb_populate_record(NULL::run, c.run) n
  WHERE r.id = c.id AND (c.until IS NULL OR c.until > clock_timestamp()) AND ${isNewKey(keyOf('c'))}
  RETURNING r.id, c.ord
), created AS (
  ${INSERT_RUN} FROM decision d, jsonb_populate_record(NULL::run, d.run) n
  WHERE d.revision IS NULL AND ${isNewKey(keyOf('d'))}
  ORDER BY n.project, n.concurrency_key, d.key ON CONFLICT DO NOTHING
  RETURNING id
), guard AS (
  SELECT id, ord FROM changed UNION ALL SELECT id, d.ord FROM created JOIN decision d USING (id)
), ${insertWorkRows('$1')}
SELECT CASE WHEN g.ord IS NOT NULL THEN 'WRITTEN' WHEN d.revision IS NOT NULL AND h.id IS NULL THEN 'LOCKED' ELSE 'LOST' END AS outcome
FROM decision d LEFT JOIN guard g USING (ord) LEFT JOIN held h ON h.id = d.id ORDER BY d.ord`,
})

/** SQL that is true if no event carries a key; a scalar subquery, because NOT EXISTS is planned as a join of all. */
function isNewKey({ scope, operation, key }: Record<'scope' | 'operation' | 'key', string>): string {
  return `(SELECT true FROM event e
    WHERE e.key = ${key} AND e.operation = ${operation} AND e.key_scope = ${scope} LIMIT 1) IS NULL`
}

/** The key of a decision in a row of `APPLY_TOGETHER`. */
function keyOf(alias: string): Record<'scope' | 'operation' | 'key', string> {
  return { scope: `${alias}.key_scope`, operation: `${alias}.operation`, key: `${alias}.key` }
}

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
  RETURNING r.id, 0 AS ord
), above AS (
  UPDATE run r SET ${set('NULL')}
  FROM guard, jsonb_populate_record(NULL::run, $10::jsonb) n
  WHERE r.id = $7
  RETURNING r.id, 0 AS ord
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
  RETURNING r.id, 0 AS ord
), ${insertEvents(events, 'above')}`
}

/** The values of a change of only a run and its log. */
export function toParentValues({ before, after, events, dueAt, key }: Change): unknown[] {
  return [
    before.id,
    before.revision,
    toDate(before.claim?.expiresAt ?? null),
    toRunJson(after, dueAt),
    toWorkJson([collectChangedRows(before, after, events, { key })]),
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
  if (!above) return (await applyOne(connection, APPLY, change)) === 'WRITTEN'
  const rows = await query(connection, APPLY_WITH_PARENT, [...toOwnValues(change), ...toParentValues(above)])
  return rows.length === 1
}

/**
 * What became of a decision: LOST if a concurrent change came first, and it must be made again; LOCKED if another transaction has the
 * row, so that it must be applied alone, which waits.
 */
export type Outcome = 'WRITTEN' | 'LOST' | 'LOCKED'

/** Applies a decision unless another transaction has locked the row. */
export function applyUnlessLocked(connection: Connection, change: Change): Promise<Outcome> {
  return applyOne(connection, APPLY_UNLESS_LOCKED, change)
}

async function applyOne(connection: Connection, statement: typeof APPLY, change: Change): Promise<Outcome> {
  const { until, key } = change
  const guard = [toDate(until), key?.scope ?? null, key?.operation ?? null, key?.key ?? null]
  const [row] = await query(connection, statement, [...toOwnValues(change), ...guard])
  return row?.outcome as Outcome
}

/** The values of a change of a run and of what belongs to it. */
function toOwnValues(change: Change): unknown[] {
  const { before, after, events, dueAt } = change
  return [
    before.id,
    before.revision,
    toDate(before.claim?.expiresAt ?? null),
    toRunJson(after, dueAt),
    toWorkJson([collectChangedRows(before, after, events, change)]),
    toReleaseKeyOf(change),
  ]
}

/** Applies decisions about different runs in one statement; one that can't be applied does not affect the others. */
export async function applyDecisions(
  connection: Connection,
  decisions: readonly (Change | NewRun)[],
): Promise<Outcome[]> {
  const rows = await query(connection, APPLY_TOGETHER, [toDecisionsJson(decisions)])
  return rows.map(({ outcome }) => outcome as Outcome)
}

function toDecisionsJson(decisions: readonly (Change | NewRun)[]): string {
  const rows = decisions.map((decision, ord) => {
    const { before, after, dueAt, key } = decision
    const lease = before?.claim?.expiresAt ?? null
    return {
      ord,
      id: after.id,
      revision: before?.revision ?? null,
      lease: toDate(lease),
      until: decision.before ? toDate(decision.until) : null,
      release_key: decision.before ? toReleaseKeyOf(decision) : null,
      key_scope: key?.scope,
      operation: key?.operation,
      key: key?.key,
      run: toRunRow(after, dueAt),
    }
  })
  const work = decisions.map((each) => collectChangedRows(each.before, each.after, each.events, each))
  return `{"decision":${JSON.stringify(rows)},${toWorkJson(work).slice(1)}`
}

/** A release after settling leaves no event to keep its key on. */
function toReleaseKeyOf({ before, events, key }: Change): string | null {
  return events.length === 0 && key?.operation === 'releaseRun' ? toReleaseKey(before.fence, key.key) : null
}

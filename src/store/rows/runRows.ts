import type { Family } from '../../lifecycle/run/family.ts'
import type { Claim, Grace, Instant, Run } from '../../lifecycle/run/run.ts'
import type { Rows } from '../generated/tables.ts'
import { allColumns, json, nullable, type RowOf, text } from '../sql/statement.ts'
import { columnsOf, fromRow, insertRows, toRow } from '../sql/columns.ts'
import type { StoredWorkflow } from '../sql/workflowCache.ts'

/** A row of `run` with the run's work and family, as selected by `selectPresent` and `SELECT_FULL_RUN`. */
export const LOADED_ROW = {
  ...allColumns('run'),
  phases: json<Run['phases']>(),
  executions: json<Run['executions']>(),
  sessions: json<Run['sessions']>(),
  artifacts: json<Run['artifacts']>(),
  approvals: json<Run['approvals']>(),
  messages: json<Run['messages']>(),
  family: json<Family>(),
  continued_by: nullable(text),
}

export type LoadedRow = RowOf<typeof LOADED_ROW>

/**
 * The columns that a decision writes. `release_key` is written separately by the statement that releases with a key, and no
 * decision follows the removal of content.
 */
export const RUN_COLUMNS = columnsOf('run', [
  'release_key',
  'content_removed_at',
  'content_removed_by',
  'content_removed_by_id',
])

/** SQL that inserts a run `n`. */
export const INSERT_RUN = insertRows(RUN_COLUMNS, 'n')

/** The columns that are fields of a run under the same names; the others hold its claim, its grace and its workflow. */
const FIELDS = columnsOf('run', [
  'workflow_id',
  'grace_seconds',
  'grace_ends_at',
  'lease_owner',
  'lease_seconds',
  'lease_expires_at',
  'claimed_by',
  'claimed_by_id',
  'claim_kinds',
  'release_key',
  'parent_told',
  'due_at',
])

/** Converts a row to a run. */
export function toRun(row: LoadedRow, { id, name, version }: StoredWorkflow): Run {
  const { input, output, ...fields } = fromRow(FIELDS, row)
  return {
    ...fields,
    input: input as Run['input'],
    output: output as Run['output'],
    workflow: { id, name, version },
    grace: toGrace(row),
    claim: toClaim(row),
    phases: row.phases,
    executions: row.executions,
    sessions: row.sessions,
    artifacts: row.artifacts,
    approvals: row.approvals,
    messages: row.messages,
  }
}

function toClaim(row: Rows['run']): Claim | null {
  if (row.lease_owner === null) return null
  return {
    owner: row.lease_owner,
    fence: row.fence,
    seconds: row.lease_seconds ?? 0,
    expiresAt: row.lease_expires_at?.getTime() ?? null,
    claimedBy: row.claimed_by,
    claimedById: row.claimed_by_id,
    // checked by a constraint of the table
    kinds: row.claim_kinds as Claim['kinds'],
  }
}

function toGrace({ grace_seconds: seconds, grace_ends_at: endsAt }: Rows['run']): Grace | null {
  return seconds === null || endsAt === null ? null : { seconds, endsAt: endsAt.getTime() }
}

/** The columns of a run that decisions write, as JSON for `jsonb_populate_record`; also used for a new run. */
export function toRunJson(run: Run, dueAt: Instant | null): string {
  return JSON.stringify(toRunRow(run, dueAt))
}

/** The columns of a run that decisions write, by name. */
export function toRunRow(run: Run, dueAt: Instant | null): { readonly [column: string]: unknown } {
  const { claim, grace } = run
  return toRow(RUN_COLUMNS, {
    ...run,
    workflowId: run.workflow.id,
    graceSeconds: grace?.seconds ?? null,
    graceEndsAt: grace?.endsAt ?? null,
    leaseOwner: claim?.owner ?? null,
    leaseSeconds: claim?.seconds ?? null,
    leaseExpiresAt: claim?.expiresAt ?? null,
    claimedBy: claim?.claimedBy ?? null,
    claimedById: claim?.claimedById ?? null,
    claimKinds: claim?.kinds ?? [],
    dueAt,
    parentTold: false,
  })
}

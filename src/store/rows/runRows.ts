import type { Family } from '../../lifecycle/run/family.ts'
import type { Claim, Grace, Instant, Json, Run } from '../../lifecycle/run/run.ts'
import type { RunModel } from '../generated/models.ts'
import type { StoredWorkflow } from '../sql/workflowCache.ts'

/** The row of a run as `SELECT run.*` gives it: columns in snake case, dates as dates. */
export type RunRow = { [Column in keyof RunModel as SnakeCase<Column & string>]: RunModel[Column] }

type SnakeCase<S extends string> = S extends `${infer Head}${infer Tail}`
  ? `${Head extends Lowercase<Head> ? Head : `_${Lowercase<Head>}`}${SnakeCase<Tail>}`
  : S

/** A row with what hangs below it. */
export type LoadedRow = RunRow &
  Pick<Run, 'phases' | 'executions' | 'sessions' | 'artifacts' | 'approvals' | 'messages'> & {
    family: Family
    continued_by: string | null
  }

/** The run that a row tells of. */
export function toRun(row: LoadedRow, { id, name, version }: StoredWorkflow): Run {
  return {
    id: row.id,
    project: row.project,
    workflow: { id, name, version },
    title: row.title,
    status: row.status,
    reason: row.reason,
    error: row.error,
    cancelConfirmed: row.cancel_confirmed,
    cancelReason: row.cancel_reason,
    cascade: row.cascade,
    grace: toGrace(row),
    epoch: row.epoch,
    revision: row.revision,
    round: row.round,
    firstRound: row.first_round,
    completedRound: row.completed_round,
    roundComplete: row.round_complete,
    currentPhase: row.current_phase,
    concurrencyKey: row.concurrency_key,
    labels: row.labels,
    input: row.input as Json,
    output: row.output as Json,
    parentId: row.parent_id,
    detached: row.detached,
    awaitsChildren: row.awaits_children,
    continuesId: row.continues_id,
    chainId: row.chain_id,
    depth: row.depth,
    fence: row.fence,
    claim: toClaim(row),
    claimants: row.claimants,
    resumes: row.resumes,
    takeovers: row.takeovers,
    createdBy: row.created_by,
    createdById: row.created_by_id,
    createdAt: row.created_at.getTime(),
    notBefore: toInstant(row.not_before),
    waitsFor: row.waits_for,
    queuedFrom: toInstant(row.queued_from),
    awayMs: row.away_ms,
    epochAt: row.epoch_at.getTime(),
    statusAt: row.status_at.getTime(),
    startedAt: toInstant(row.started_at),
    settledAt: toInstant(row.settled_at),
    lastActivityAt: row.last_activity_at.getTime(),
    phases: row.phases,
    executions: row.executions,
    sessions: row.sessions,
    artifacts: row.artifacts,
    approvals: row.approvals,
    messages: row.messages,
  }
}

function toClaim(row: RunRow): Claim | null {
  if (row.lease_owner === null) return null
  return {
    owner: row.lease_owner,
    fence: row.fence,
    seconds: row.lease_seconds ?? 0,
    expiresAt: toInstant(row.lease_expires_at),
    claimedBy: row.claimed_by,
    claimedById: row.claimed_by_id,
  }
}

function toGrace({ grace_seconds: seconds, grace_ends_at: endsAt }: RunRow): Grace | null {
  return seconds === null || endsAt === null ? null : { seconds, endsAt: endsAt.getTime() }
}

function toInstant(date: Date | null): Instant | null {
  return date?.getTime() ?? null
}

/** A point in time as SQL takes it. */
export function toDate(instant: Instant | null): string | null {
  return instant === null ? null : new Date(instant).toISOString()
}

/** The columns of a run that decisions change, as JSON for `jsonb_populate_record`; the same for a new run. */
export function toRunJson(run: Run, dueAt: Instant | null): string {
  return JSON.stringify({
    id: run.id,
    project: run.project,
    workflow_id: run.workflow.id,
    title: run.title,
    status: run.status,
    reason: run.reason,
    error: run.error,
    cancel_confirmed: run.cancelConfirmed,
    cancel_reason: run.cancelReason,
    cascade: run.cascade,
    grace_seconds: run.grace?.seconds ?? null,
    grace_ends_at: toDate(run.grace?.endsAt ?? null),
    epoch: run.epoch,
    revision: run.revision,
    round: run.round,
    first_round: run.firstRound,
    completed_round: run.completedRound,
    round_complete: run.roundComplete,
    current_phase: run.currentPhase,
    concurrency_key: run.concurrencyKey,
    labels: run.labels,
    input: run.input,
    output: run.output,
    parent_id: run.parentId,
    detached: run.detached,
    awaits_children: run.awaitsChildren,
    continues_id: run.continuesId,
    chain_id: run.chainId,
    depth: run.depth,
    fence: run.fence,
    lease_owner: run.claim?.owner ?? null,
    lease_seconds: run.claim?.seconds ?? null,
    lease_expires_at: toDate(run.claim?.expiresAt ?? null),
    claimed_by: run.claim?.claimedBy ?? null,
    claimed_by_id: run.claim?.claimedById ?? null,
    claimants: run.claimants,
    resumes: run.resumes,
    takeovers: run.takeovers,
    created_by: run.createdBy,
    created_by_id: run.createdById,
    created_at: toDate(run.createdAt),
    not_before: toDate(run.notBefore),
    waits_for: run.waitsFor,
    queued_from: toDate(run.queuedFrom),
    away_ms: run.awayMs,
    epoch_at: toDate(run.epochAt),
    status_at: toDate(run.statusAt),
    started_at: toDate(run.startedAt),
    settled_at: toDate(run.settledAt),
    last_activity_at: toDate(run.lastActivityAt),
    due_at: toDate(dueAt),
    parent_told: false,
  })
}

import type { RunEvent } from '../../lifecycle/run/events.ts'
import type {
  Approval,
  Artifact,
  Execution,
  Json,
  Message,
  Phase,
  Run,
  Session,
} from '../../lifecycle/run/run.ts'
import { toDate } from './runRows.ts'
import type { WorkRow, WorkRows } from './workTables.ts'

/** The key, scope and input of a command, kept on the last event that it wrote (G7). */
export interface IdempotencyKey {
  readonly scope: string
  readonly operation: string
  readonly key: string
  readonly request: Json
}

/** What is written beside what the log tells. */
export interface UnloggedData {
  readonly key: IdempotencyKey | null
  /** Contents of new artifacts by their ids: the log knows them by hash. */
  readonly contents?: ReadonlyMap<string, string>
}

/** The rows in which a run differs from what it was; all of them for a new one. */
export function collectChangedRows(
  before: Run | null,
  after: Run,
  events: readonly RunEvent[],
  { key, contents }: UnloggedData,
): WorkRows {
  const phases = changed(before?.phases, after.phases)
  return {
    event: events.map((event, index) => toEventRow(event, index === events.length - 1 ? key : null)),
    phase: phases.map(toPhaseRow),
    phase_attempt: phases.flatMap((phase) => {
      const known = before?.phases.find(({ id }) => id === phase.id)?.history
      return changed(known, phase.history).map((attempt) => ({ ...attempt, phase_id: phase.id }))
    }),
    execution: changed(before?.executions, after.executions).map((each) => ({
      ...toExecutionRow(each, key),
      project: after.project,
    })),
    session: changed(before?.sessions, after.sessions).map(toSessionRow),
    artifact: changed(before?.artifacts, after.artifacts).map((each) =>
      toArtifactRow(each, contents?.get(each.id)),
    ),
    approval: changed(before?.approvals, after.approvals).map((each) => ({
      ...toApprovalRow(each),
      project: after.project,
    })),
    message: changed(before?.messages, after.messages).map(toMessageRow),
  }
}

/** What the fold made anew: it leaves alone what it did not change. */
function changed<T>(before: readonly T[] | undefined, after: readonly T[]): T[] {
  const known = new Set(before)
  return after.filter((each) => !known.has(each))
}

function toEventRow({ at, actorId, ...event }: RunEvent, key: IdempotencyKey | null): WorkRow<'event'> {
  const kept = key && { key_scope: key.scope, operation: key.operation, key: key.key, request: key.request }
  return { ...event, actor_id: actorId, at: toDate(at), ...kept }
}

function toPhaseRow({ startedAt, endedAt, history: _history, ...phase }: Phase): WorkRow<'phase'> {
  return { ...phase, started_at: toDate(startedAt), ended_at: toDate(endedAt) }
}

function toExecutionRow(execution: Execution, key: IdempotencyKey | null): WorkRow<'execution'> {
  const { id, epoch, attempt, fence, command, pid, signal, end, late } = execution
  return {
    id,
    phase_id: execution.phaseId,
    epoch,
    attempt,
    fence,
    command,
    pid,
    exit_code: execution.exitCode,
    signal,
    end,
    late,
    started_by: execution.startedBy,
    started_by_id: execution.startedById,
    started_at: toDate(execution.startedAt),
    ended_at: toDate(execution.endedAt),
    // a fact beside the log leaves no event to keep its key on
    ...(late && key ? { finish_key: key.key, finish_request: key.request } : {}),
  }
}

function toSessionRow(session: Session): WorkRow<'session'> {
  const { id, role, adapter, status, fence, handle, sent } = session
  return {
    id,
    role,
    adapter,
    status,
    fence,
    recovery_attempts: session.recoveryAttempts,
    handle,
    last_prompt_key: session.lastPromptKey,
    last_prompt_stage: session.lastPromptStage,
    last_prompt_at: toDate(session.lastPromptAt),
    sent,
    created_at: toDate(session.createdAt),
  }
}

function toArtifactRow(artifact: Artifact, content: string | undefined): WorkRow<'artifact'> {
  if (content === undefined) throw new Error(`artifact ${artifact.id} comes without its content`)
  const { phaseId, createdAt, ...row } = artifact
  return { ...row, phase_id: phaseId, content, created_at: toDate(createdAt) }
}

function toApprovalRow(approval: Approval): WorkRow<'approval'> {
  const { id, attempt, gate, kind, status, question, payload, digest, approvers, comment } = approval
  return {
    id,
    phase_id: approval.phaseId,
    attempt,
    gate,
    kind,
    status,
    question,
    payload,
    digest,
    artifact_sha256: approval.artifactSha256,
    requested_by: approval.requestedBy,
    requested_by_id: approval.requestedById,
    requested_at: toDate(approval.requestedAt),
    expires_at: toDate(approval.expiresAt),
    on_expiry: approval.onExpiry,
    approvers,
    allow_self_approval: approval.allowSelfApproval,
    decided_at: toDate(approval.decidedAt),
    decided_by: approval.decidedBy,
    decided_by_id: approval.decidedById,
    comment,
  }
}

function toMessageRow({ sentBy, sentById, sentAt, ...message }: Message): WorkRow<'message'> {
  return { ...message, sent_by: sentBy, sent_by_id: sentById, sent_at: toDate(sentAt) }
}

import type { Closed } from '../run/events.ts'
import { holdsLease, isUnderWay, type Run } from '../run/run.ts'
import { isLiveSession } from '../activity/sessions.ts'
import type { Settings } from '../run/settings.ts'
import type { Draft } from '../log/draft.ts'
import type { RunReason } from '../run/enums.ts'
import { withdrawQuestion } from './withdrawQuestion.ts'

/**
 * Returns what settling closes: executions in flight, phases under way, live sessions, open approvals, and pending
 * messages. If the work is done, the phases that never started are skipped; otherwise they stay PENDING for a resume.
 */
export function closeWork(
  run: Run,
  {
    executionsEnd = 'CLOSED_BY_RUN',
    skipPending = false,
  }: { executionsEnd?: Closed['executionsEnd']; skipPending?: boolean } = {},
): Closed {
  const pending = skipPending ? run.phases.filter((phase) => phase.status === 'PENDING') : []
  return {
    executions: executionsInFlight(run),
    executionsEnd,
    phases: run.phases.filter(isUnderWay).map((phase) => phase.id),
    skipped: pending.map((phase) => phase.id),
    sessions: run.sessions.filter(isLiveSession).map((session) => session.id),
    approvals: run.approvals.filter(({ status }) => status === 'PENDING').map((approval) => approval.id),
    messages: run.messages.filter(({ status }) => status === 'PENDING').map((message) => message.id),
  }
}

/** Returns the ids of the executions that have not ended. */
export function executionsInFlight(run: Run): string[] {
  return run.executions.filter((execution) => execution.end === null).map((execution) => execution.id)
}

/** Settles the run as FAILED. */
export function fail(
  draft: Draft,
  reason: RunReason,
  error: string | null,
  { leaseEnds, executionsEnd }: { leaseEnds: boolean; executionsEnd?: Closed['executionsEnd'] },
): void {
  const closed = closeWork(draft.run, executionsEnd ? { executionsEnd } : {})
  draft.note('run.failed', { reason, error, leaseEnds, closed })
}

/** Cancels the run: immediately if no owner holds a lease, otherwise by requesting its owner to stop first (G9). */
export function requestCancel(
  draft: Draft,
  { cancelGraceSeconds: graceSeconds }: Settings,
  asked: { reason: RunReason; comment: string | null; cascade: boolean },
): void {
  const { run, now } = draft
  if (!holdsLease(run.claim, now)) return cancel(draft, { ...asked, confirmed: false })
  withdrawQuestion(draft, 'CANCELLED')
  const epoch = run.settledAt === null ? run.epoch : run.epoch + 1
  draft.note('run.cancel_requested', { ...asked, graceSeconds }, epoch)
}

/** Settles the run as CANCELLED, in a new epoch if it had already settled (G2). */
export function cancel(
  draft: Draft,
  {
    reason,
    confirmed,
    comment,
    cascade,
    executionsEnd,
    leaseEnds = true,
  }: {
    reason: RunReason
    confirmed: boolean
    comment: string | null
    cascade: boolean
    executionsEnd?: Closed['executionsEnd']
    leaseEnds?: boolean
  },
): void {
  const epoch = draft.run.settledAt === null ? draft.run.epoch : draft.run.epoch + 1
  const closed = closeWork(draft.run, executionsEnd ? { executionsEnd } : {})
  draft.note('run.cancelled', { reason, confirmed, comment, cascade, leaseEnds, closed }, epoch)
}

/**
 * Ends a cancel without the owner's confirmation. How its processes ended is unknown, so they end as SUPERVISOR_LOST,
 * not as closed (G9).
 *
 * @param leaseEnds false if the owner keeps its lease until it has stopped
 */
export function cancelUnconfirmed(draft: Draft, leaseEnds = true): void {
  cancel(draft, {
    reason: draft.run.cancelReason ?? 'CANCELLED_BY_USER',
    confirmed: false,
    comment: null,
    cascade: draft.run.cascade,
    executionsEnd: 'SUPERVISOR_LOST',
    leaseEnds,
  })
}

/** Settles the run as EXPIRED. */
export function expireRun(draft: Draft, reason: RunReason): void {
  draft.note('run.expired', { reason, closed: closeWork(draft.run) })
}

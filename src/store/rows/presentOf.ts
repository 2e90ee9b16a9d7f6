import type { Approval, Run } from '../../lifecycle/run/run.ts'

/**
 * The run as `selectPresent` would load it now, from a run that was loaded so and changed since: a decision leaves what has ended in
 * place, and a load leaves it out. A test compares the two.
 */
export function presentOf(run: Run): Run {
  const phases = run.phases
    .filter(({ round }) => round === run.round)
    .map((phase) => ({
      ...phase,
      history: phase.history.filter(({ attempt }) => attempt === phase.attempts),
    }))
  const lastAttempts = new Map(phases.map(({ id, attempts }) => [id, attempts]))
  const isOfLastAttempt = ({ phaseId, attempt }: Pick<Approval, 'phaseId' | 'attempt'>) =>
    phaseId !== null && lastAttempts.get(phaseId) === attempt
  const sessions = run.sessions.filter(({ status }) => status !== 'DISPOSED')
  const isLive = (sessionId: string | null) => sessions.some(({ id }) => id === sessionId)
  return {
    ...run,
    phases,
    sessions,
    executions: run.executions.filter(({ end }) => end === null),
    artifacts: run.artifacts.filter(isOfLastAttempt),
    approvals: run.approvals.filter(
      (approval) =>
        approval.status === 'PENDING' ||
        isOfLastAttempt(approval) ||
        isStandingNo(approval, run.approvals) ||
        (approval.status === 'ALLOWED_ALWAYS' && isLive(approval.sessionId)),
    ),
    messages: run.messages.filter(({ status }) => status === 'PENDING' || status === 'DELIVERED'),
  }
}

/** True for a rejection of a question about the run as a whole, until its gate is asked again. */
function isStandingNo(approval: Approval, approvals: readonly Approval[]): boolean {
  const { id, phaseId, kind, gate, status, onExpiry, requestedAt } = approval
  if (phaseId !== null || kind !== 'REVIEW') return false
  if (status !== 'REJECTED' && !(status === 'EXPIRED' && onExpiry === 'REJECT')) return false
  const isLater = (other: Approval) =>
    other.requestedAt > requestedAt || (other.requestedAt === requestedAt && other.id > id)
  return !approvals.some(
    (other) => other.phaseId === null && other.kind === 'REVIEW' && other.gate === gate && isLater(other),
  )
}

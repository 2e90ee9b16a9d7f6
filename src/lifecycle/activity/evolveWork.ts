import type { EventPayload, RunEvent } from '../run/events.ts'
import type { Approval, Artifact, Instant, Message, Phase, Run, Session } from '../run/run.ts'
import { type ApprovalStatus, type Decision, isInTurnKind, type SessionStatus } from '../run/enums.ts'

/** Events that change a run's sessions, prompts, artifacts, approvals and messages. */
export type WorkEvent = Extract<
  RunEvent,
  { type: `${'session' | 'prompt' | 'artifact' | 'approval' | 'message'}.${string}` }
>

/** The part of the fold for a run's dependent rows other than phases and executions. */
export function evolveWork(run: Run, event: WorkEvent): Run {
  switch (event.type) {
    case 'session.opened':
      return { ...run, sessions: [...run.sessions, openSession(event.payload, event.at)] }
    case 'session.adopted': {
      const { id, fence, adapter, handle } = event.payload
      return changeSession(run, id, (session) => ({ ...session, fence, adapter, handle }))
    }
    case 'session.changed':
      return changeSession(run, event.payload.id, (session) => ({ ...session, status: event.payload.to }))
    case 'session.recovered': {
      const { id, recoveryAttempts } = event.payload
      return changeSession(run, id, (session) => ({ ...session, status: 'READY', recoveryAttempts }))
    }
    case 'prompt.sending': {
      const { sessionId, dedupKey } = event.payload
      return changeSession(run, sessionId, (session) => ({
        ...session,
        status: 'BUSY',
        lastPromptKey: dedupKey,
        lastPromptStage: 'SENDING',
        lastPromptAt: event.at,
      }))
    }
    case 'prompt.sent':
      return sendPrompt(run, event.payload, event.at)
    case 'artifact.validated':
      return { ...run, artifacts: [...run.artifacts, produce(event.payload, event.at, [])] }
    case 'artifact.invalid':
      return {
        ...run,
        artifacts: [...run.artifacts, produce(event.payload, event.at, event.payload.problems)],
      }
    case 'approval.requested':
      return requestApproval(run, event)
    case 'approval.decided': {
      const { decision, comment, disposed, answer = null } = event.payload
      const decided = { status: DECIDED[decision], ...toDecider(event), comment, answer }
      const ruled = rule(
        changeApproval(run, event.payload.id, decided),
        event.payload,
        decision,
        event.at,
        comment,
      )
      return endSessions(ruled, disposed)
    }
    case 'approval.expired': {
      const { id, onExpiry } = event.payload
      const expired = changeApproval(run, id, {
        status: 'EXPIRED',
        ...toDecider(event),
      })
      // for a recovery question, REJECT means ABORT, and settling ends the phase
      const isReview = run.approvals.some((each) => each.id === id && each.kind === 'REVIEW')
      const decision = onExpiry === 'REJECT' && isReview ? 'REJECT' : null
      return rule(expired, event.payload, decision, event.at, 'nobody decided in time')
    }
    case 'approval.withdrawn': {
      const { id, awayMs = 0 } = event.payload
      const asked = voidApprovals(run, [id])
      return { ...asked, status: 'RUNNING', statusAt: event.at, awayMs: run.awayMs + awayMs }
    }
    case 'message.sent': {
      const { id, text, mode } = event.payload
      const { actor: sentBy, actorId: sentById, at: sentAt } = event
      const message: Message = { id, text, mode, status: 'PENDING', sentBy, sentById, sentAt }
      return { ...run, messages: [...run.messages, message] }
    }
    case 'message.acknowledged': {
      const { id, receipt, mode } = event.payload
      return changeMessages(run, [id], { status: receipt, ...(mode && { mode }) })
    }
  }
}

/** Ends the sessions with these ids; their roles become free. */
export function endSessions(run: Run, ids: readonly string[]): Run {
  return ids.reduce(
    (changed, id) => changeSession(changed, id, (session) => ({ ...session, status: 'DISPOSED' })),
    run,
  )
}

/** Voids the approvals with these ids: they can't be decided any more. */
export function voidApprovals(run: Run, ids: readonly string[]): Run {
  return ids.reduce((changed, id) => changeApproval(changed, id, { status: 'VOID' }), run)
}

/** Changes the messages with these ids. */
export function changeMessages(
  run: Run,
  ids: readonly string[],
  change: Partial<Pick<Message, 'status' | 'mode'>>,
): Run {
  if (ids.length === 0) return run
  const named = new Set(ids)
  return {
    ...run,
    messages: run.messages.map((each) => (named.has(each.id) ? { ...each, ...change } : each)),
  }
}

/** Sets the status of a session. */
export function moveSession(run: Run, id: string | null, status: SessionStatus): Run {
  return id === null ? run : changeSession(run, id, (session) => ({ ...session, status }))
}

const DECIDED: { readonly [D in Decision]: ApprovalStatus } = {
  APPROVE: 'APPROVED',
  REJECT: 'REJECTED',
  RETRY: 'RETRIED',
  ABORT: 'ABORTED',
  ALLOW: 'ALLOWED',
  ALLOW_ALWAYS: 'ALLOWED_ALWAYS',
  DENY: 'DENIED',
  ANSWER: 'ANSWERED',
  DECLINE: 'DECLINED',
}

function toDecider({
  at,
  actor,
  actorId,
}: RunEvent): Pick<Approval, 'decidedAt' | 'decidedBy' | 'decidedById'> {
  return { decidedAt: at, decidedBy: actor, decidedById: actorId }
}

function openSession(
  { id, role, adapter, fence, handle }: EventPayload<'session.opened'>,
  at: Instant,
): Session {
  return {
    id,
    role,
    adapter,
    status: 'CREATED',
    fence,
    recoveryAttempts: 0,
    handle,
    lastPromptKey: null,
    lastPromptStage: null,
    lastPromptAt: null,
    sent: [],
    createdAt: at,
  }
}

function sendPrompt(run: Run, payload: EventPayload<'prompt.sent'>, at: Instant): Run {
  const { sessionId, dedupKey, id: phaseId, attempt, awaitsArtifact } = payload
  const sent = changeSession(run, sessionId, (session) => ({
    ...session,
    lastPromptStage: 'SENT',
    lastPromptAt: at,
    sent: [...session.sent, { key: dedupKey, phaseId, attempt }],
  }))
  return awaitsArtifact ? movePhase(sent, phaseId, 'AWAITING_ARTIFACT', null) : sent
}

function produce(
  { id, phaseId, round, attempt, path, sha256, size }: Omit<EventPayload<'artifact.invalid'>, 'problems'>,
  at: Instant,
  problems: Artifact['problems'],
): Artifact {
  return {
    id,
    phaseId,
    round,
    attempt,
    path,
    sha256,
    size,
    valid: problems.length === 0,
    problems,
    createdAt: at,
  }
}

function requestApproval(
  run: Run,
  { at, actor, actorId, payload }: Extract<RunEvent, { type: 'approval.requested' }>,
): Run {
  const { awaitsApproval, phase: _key, expiresAt, answerSchema = null, ...asked } = payload
  const approval: Approval = {
    ...asked,
    sessionId: asked.sessionId ?? null,
    permission: asked.permission ?? null,
    answerSchema,
    tree: asked.tree ?? null,
    status: 'PENDING',
    requestedBy: actor,
    requestedById: actorId,
    requestedAt: at,
    expiresAt: expiresAt === null ? null : Date.parse(expiresAt),
    decidedAt: null,
    decidedBy: null,
    decidedById: null,
    comment: null,
    answer: null,
  }
  const waiting: Run = {
    ...run,
    approvals: [...run.approvals, approval],
    status: asked.kind === 'RECOVERY' ? 'PAUSED' : 'AWAITING_APPROVAL',
    statusAt: at,
  }
  return awaitsApproval ? movePhase(waiting, asked.phaseId, 'AWAITING_APPROVAL', null) : waiting
}

/** Applies a decision to the phase and to the run's status; a run that fails by it has a separate event. */
function rule(
  run: Run,
  {
    id,
    phaseId,
    runStatus,
    awayMs = 0,
  }: Pick<EventPayload<'approval.decided'>, 'id' | 'phaseId' | 'runStatus' | 'awayMs'>,
  decision: Decision | null,
  at: Instant,
  comment: string | null,
): Run {
  // an owner that stays at work still knows since when the run had been queued before its claim
  const isInTurn = run.approvals.some((each) => each.id === id && isInTurnKind(each.kind))
  const queuedFrom = isInTurn ? run.queuedFrom : null
  const moved =
    runStatus === run.status
      ? run
      : { ...run, status: runStatus, statusAt: at, awayMs: run.awayMs + awayMs, queuedFrom }
  if (phaseId === null) return moved
  if (decision === 'APPROVE') return movePhase(moved, phaseId, 'COMPLETED', at)
  if (decision !== 'REJECT') return moved
  const error = {
    class: 'RECOVERABLE',
    code: 'REJECTED',
    message: comment ?? 'the work was rejected',
    hint: null,
  } as const
  return changePhase(movePhase(moved, phaseId, 'FAILED', at), phaseId, (phase) =>
    phase.status === 'FAILED' ? { ...phase, error, rejections: phase.rejections + 1 } : phase,
  )
}

/** Sets the status of a phase and of its last attempt. */
export function movePhase(
  run: Run,
  id: string | null,
  status: Phase['status'],
  endedAt: Instant | null,
): Run {
  return changePhase(run, id, (phase) => ({
    ...phase,
    status,
    endedAt,
    history: phase.history.map((tried) => (tried.attempt === phase.attempts ? { ...tried, status } : tried)),
  }))
}

function changePhase(run: Run, id: string | null, changed: (phase: Phase) => Phase): Run {
  return { ...run, phases: run.phases.map((phase) => (phase.id === id ? changed(phase) : phase)) }
}

function changeSession(run: Run, id: string, changed: (session: Session) => Session): Run {
  return { ...run, sessions: run.sessions.map((session) => (session.id === id ? changed(session) : session)) }
}

function changeApproval(run: Run, id: string, changes: Partial<Approval>): Run {
  return {
    ...run,
    approvals: run.approvals.map((approval) => (approval.id === id ? { ...approval, ...changes } : approval)),
  }
}

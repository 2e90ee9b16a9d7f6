import type { ProblemOf } from '../../commands/kit/answers.ts'
import { Decision, SessionStatus } from '../enums/workEnums.ts'
import { problem, type Problems, runOf } from './problem.ts'
import { type ApprovalNode, ApprovalRef, type SessionNode, SessionRef } from '../kit/refs.ts'

type SessionProblem = 'IllegalSessionTransition' | 'PromptAlreadySent'
type ApprovalProblem = 'AlreadyDecided' | 'ApprovalExpired' | 'WrongDecision' | 'StaleDigest'
type NotFound = 'SessionNotFound' | 'ApprovalNotFound' | 'MessageNotFound'

function sessionOf(about: ProblemOf<SessionProblem>): SessionNode {
  const { run } = runOf(about)
  const session = run.sessions.find(({ id }) => id === about.sessionId)
  if (!session) throw new Error(`${about.type} came without the session ${about.sessionId}`)
  return { runId: run.id, session }
}

function approvalOf(about: ProblemOf<ApprovalProblem>): ApprovalNode {
  const { run } = runOf(about)
  const approval = run.approvals.find(({ id }) => id === about.approvalId)
  if (!approval) throw new Error(`${about.type} came without the approval ${about.approvalId}`)
  return { runId: run.id, approval }
}

const sessionField = {
  type: SessionRef,
  description: 'The current session.',
  resolve: sessionOf,
} as const
const approvalField = {
  type: ApprovalRef,
  description: 'The current approval.',
  resolve: approvalOf,
} as const

/** The problems of a run's dependent rows. */
export const WORK_PROBLEMS: Problems<SessionProblem | ApprovalProblem | NotFound | 'TranscriptGap'> = {
  SessionNotFound: problem('SessionNotFound', 'There is no such session.', (t) => ({
    sessionId: t.exposeID('sessionId', { description: 'The unknown id.' }),
  })),
  IllegalSessionTransition: problem(
    'IllegalSessionTransition',
    "The session's status does not admit this transition.",
    (t) => ({
      session: t.field(sessionField),
      from: t.expose('from', { type: SessionStatus, description: 'The current status.' }),
      to: t.expose('to', { type: SessionStatus, description: 'The requested status.' }),
      allowed: t.field({
        type: [SessionStatus],
        description: 'The statuses that may follow.',
        resolve: ({ allowed }) => [...allowed],
      }),
    }),
  ),
  PromptAlreadySent: problem('PromptAlreadySent', 'The prompt was already sent to the session.', (t) => ({
    session: t.field(sessionField),
    dedupKey: t.exposeString('dedupKey', { description: 'The dedup key of the prompt.' }),
  })),
  TranscriptGap: problem('TranscriptGap', 'Entries before these are missing.', (t) => ({
    expectedSeq: t.exposeInt('expectedSeq', { description: 'The number of the entry to append next.' }),
  })),
  ApprovalNotFound: problem('ApprovalNotFound', 'There is no such approval.', (t) => ({
    approvalId: t.exposeID('approvalId', { description: 'The unknown id.' }),
  })),
  AlreadyDecided: problem(
    'AlreadyDecided',
    'The approval was already decided; a decision is final.',
    (t) => ({
      approval: t.field(approvalField),
    }),
  ),
  ApprovalExpired: problem('ApprovalExpired', 'The approval expired before it was decided.', (t) => ({
    approval: t.field(approvalField),
  })),
  WrongDecision: problem('WrongDecision', 'The decision does not fit the kind of the approval.', (t) => ({
    approval: t.field(approvalField),
    allowed: t.field({
      type: [Decision],
      description: 'The possible decisions.',
      resolve: ({ allowed }) => [...allowed],
    }),
  })),
  StaleDigest: problem('StaleDigest', 'The digest is not the one of the present question.', (t) => ({
    approval: t.field(approvalField),
  })),
  MessageNotFound: problem('MessageNotFound', 'There is no such message.', (t) => ({
    messageId: t.exposeID('messageId', { description: 'The unknown id.' }),
  })),
}

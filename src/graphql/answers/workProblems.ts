import type { ProblemOf } from '../../commands/kit/answers.ts'
import { Decision, SessionStatus } from '../enums/workEnums.ts'
import { type Problems, runOf, runProblem } from './problem.ts'
import { type ApprovalNode, ApprovalRef, type SessionNode, SessionRef } from '../kit/refs.ts'

type SessionProblem = 'IllegalSessionTransition' | 'PromptAlreadySent'
type ApprovalProblem = 'AlreadyDecided' | 'ApprovalExpired' | 'WrongDecision' | 'StaleDigest'

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
export const WORK_PROBLEMS: Problems<SessionProblem | ApprovalProblem | 'TranscriptGap'> = {
  IllegalSessionTransition: runProblem('IllegalSessionTransition', (t) => ({
    session: t.field(sessionField),
    fromStatus: t.expose('from', { type: SessionStatus, description: 'The current status.' }),
    toStatus: t.expose('to', { type: SessionStatus, description: 'The requested status.' }),
    allowedStatuses: t.field({
      type: [SessionStatus],
      description: 'The statuses that may follow.',
      resolve: ({ allowed }) => [...allowed],
    }),
  })),
  PromptAlreadySent: runProblem('PromptAlreadySent', (t) => ({
    session: t.field(sessionField),
    dedupKey: t.exposeString('dedupKey', {
      description: 'The key that was already SENT; sending again needs another.',
    }),
  })),
  TranscriptGap: runProblem('TranscriptGap', (t) => ({
    expectedSeq: t.exposeInt('expectedSeq', { description: 'The number of the entry to append next.' }),
  })),
  AlreadyDecided: runProblem('AlreadyDecided', (t) => ({
    approval: t.field(approvalField),
  })),
  ApprovalExpired: runProblem('ApprovalExpired', (t) => ({
    approval: t.field(approvalField),
  })),
  WrongDecision: runProblem('WrongDecision', (t) => ({
    approval: t.field(approvalField),
    allowedDecisions: t.field({
      type: [Decision],
      description: 'The possible decisions.',
      resolve: ({ allowed }) => [...allowed],
    }),
  })),
  StaleDigest: runProblem('StaleDigest', (t) => ({
    approval: t.field(approvalField),
  })),
}

import type { Approval, ApprovalStatus, Decision } from '@pawl/sdk'
import type { Word } from '../elements/words.ts'

/** How the status of an approval is shown. */
export const APPROVAL: Readonly<Record<ApprovalStatus, Word>> = {
  PENDING: { label: 'Waits for a person', tone: 'ask', means: 'Nobody has decided yet' },
  APPROVED: { label: 'Approved', tone: 'good', means: 'The work is good' },
  REJECTED: { label: 'Rejected', tone: 'bad', means: 'The work is to be done again' },
  RETRIED: { label: 'Tried again', tone: 'live', means: 'The phase is to be tried again' },
  ABORTED: { label: 'Aborted', tone: 'bad', means: 'The run was given up' },
  ALLOWED: { label: 'Allowed', tone: 'good', means: 'The agent may do it, this time' },
  ALLOWED_ALWAYS: {
    label: 'Allowed for the session',
    tone: 'good',
    means: 'The agent may do it for the rest of its session',
  },
  DENIED: { label: 'Denied', tone: 'bad', means: 'The agent may not do it' },
  ANSWERED: { label: 'Answered', tone: 'good', means: 'The question was answered' },
  DECLINED: { label: 'Declined', tone: 'half', means: 'A person would not answer' },
  EXPIRED: { label: 'Expired', tone: 'half', means: 'Nobody decided in time' },
  VOID: {
    label: 'Void',
    tone: 'gone',
    means: 'It was withdrawn, or the run settled, before anybody decided',
  },
}

/** The buttons of the decisions, and whether they need a confirmation. */
export const CHOICES: Readonly<Record<Approval['kind'], readonly Choice[]>> = {
  REVIEW: [
    { decision: 'APPROVE', verb: 'Approve', isMain: true },
    { decision: 'REJECT', verb: 'Reject, with feedback' },
  ],
  RECOVERY: [
    { decision: 'RETRY', verb: 'Try again', isMain: true },
    {
      decision: 'ABORT',
      verb: 'Give the run up …',
      isDanger: true,
      confirm: 'The run will be Failed; it may be resumed later.',
    },
  ],
  PERMISSION: [
    { decision: 'ALLOW', verb: 'Allow, this time', isMain: true },
    { decision: 'ALLOW_ALWAYS', verb: 'Allow for this session' },
    { decision: 'DENY', verb: 'Deny' },
  ],
  QUESTION: [
    { decision: 'ANSWER', verb: 'Answer', isMain: true },
    { decision: 'DECLINE', verb: 'Decline to answer' },
  ],
}

/** What the comment is for. */
export const COMMENT: Readonly<Record<Approval['kind'], string>> = {
  REVIEW: 'Feedback, kept in the log; with a rejection the agent is given it',
  RECOVERY: 'What to say about it',
  PERMISSION: 'A word to the agent',
  QUESTION: 'A word to the agent',
}

/** A decision as a button. */
export interface Choice {
  readonly decision: Decision
  readonly verb: string
  readonly isMain?: boolean
  readonly isDanger?: boolean
  readonly confirm?: string
}

/** What kind of question it is, for lists. */
export const KIND: Readonly<Record<Approval['kind'], string>> = {
  REVIEW: 'Review',
  RECOVERY: 'Recovery',
  PERMISSION: 'Permission',
  QUESTION: 'Question',
}

/** What an action is, in front of its program and path. */
export const PERMISSION: Readonly<Record<NonNullable<Approval['permission']>['kind'], string>> = {
  EDIT: 'To change a file:',
  EXECUTE: 'To run a command:',
  FETCH: 'To read over the network:',
  MCP: 'To call a tool:',
  OTHER: 'To do something else:',
}

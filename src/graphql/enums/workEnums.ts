import {
  APPROVAL_KINDS,
  APPROVAL_STATUSES,
  DECISIONS,
  EXPIRY_POLICIES,
  MESSAGE_MODES,
  MESSAGE_STATUSES,
  PROMPT_STAGES,
  RECEIPTS,
  SESSION_STATUSES,
} from '../../lifecycle/run/words.ts'
import { enumOf } from '../kit/builder.ts'

/** The GraphQL enums of the vocabulary for a run's dependent rows, each value with its meaning. */

export const SessionStatus = enumOf('SessionStatus', SESSION_STATUSES, 'Where a session stands.', {
  CREATED: 'Recorded; its agent is not there yet.',
  BOOTSTRAPPING: 'Its agent is being started.',
  READY: 'Its agent waits for a prompt.',
  BUSY: 'Its agent works on a prompt.',
  ARTIFACT_TIMEOUT: 'The file that the prompt asked for did not come in time.',
  RESUMING: 'It is being recovered.',
  REBOOTSTRAPPED: 'Its agent was started anew, and will be READY.',
  WAITING_FOR_APPROVAL: 'Its agent waits for a person.',
  CRASHED: 'Its agent is gone.',
  FAILED_NEEDS_HUMAN: 'It was given up until a person says how to go on.',
  DISPOSED: 'Over; its role is free.',
})

export const PromptStage = enumOf('PromptStage', PROMPT_STAGES, 'How far a prompt has come.', {
  SENDING: 'About to be sent: after a crash nobody knows whether it was.',
  SENT: 'Sent, and never to be sent again.',
})

export const ApprovalKind = enumOf('ApprovalKind', APPROVAL_KINDS, 'What a person is asked.', {
  REVIEW: 'Whether the work is good: APPROVE or REJECT.',
  RECOVERY: 'How to go on after a failure: RETRY or ABORT.',
})

export const ApprovalStatus = enumOf('ApprovalStatus', APPROVAL_STATUSES, 'Where an approval stands.', {
  PENDING: 'Waits for a person.',
  APPROVED: 'The work is good.',
  REJECTED: 'The work is to be done again.',
  RETRIED: 'The phase is to be tried again.',
  ABORTED: 'The run was given up.',
  EXPIRED: 'Nobody decided in time.',
  VOID: 'The run settled before anybody decided.',
})

export const Decision = enumOf('Decision', DECISIONS, 'What a person answers.', {
  APPROVE: 'The work is good. For a REVIEW.',
  REJECT: 'The work is to be done again. For a REVIEW.',
  RETRY: 'Try the phase again. For a RECOVERY.',
  ABORT: 'Give the run up. For a RECOVERY.',
})

export const ExpiryPolicy = enumOf(
  'ExpiryPolicy',
  EXPIRY_POLICIES,
  'What happens where nobody decides in time.',
  {
    REJECT: 'As if a person had said REJECT, or ABORT for a RECOVERY.',
    EXPIRE_RUN: 'The run is EXPIRED; held by a live owner, it is FAILED.',
    WAIT: 'Nothing: it can still be decided.',
  },
)

export const MessageMode = enumOf('MessageMode', MESSAGE_MODES, 'When a message reaches the agent.', {
  STEER: 'Now.',
  FOLLOW_UP: 'When its session is READY.',
})

export const MessageStatus = enumOf('MessageStatus', MESSAGE_STATUSES, 'How far a message has come.', {
  PENDING: 'Waits for the owner.',
  DELIVERED: 'The owner has it.',
  CONSUMED: 'The agent has read it.',
  UNDELIVERED: 'The run settled before the agent read it.',
})

export const Receipt = enumOf('Receipt', RECEIPTS, 'What an owner says of a message.', {
  DELIVERED: 'It has it.',
  CONSUMED: 'Its agent has read it.',
})

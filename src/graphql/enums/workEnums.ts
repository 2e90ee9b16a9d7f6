import {
  APPROVAL_KINDS,
  APPROVAL_STATUSES,
  DECISIONS,
  ENTRY_KINDS,
  EXPIRY_POLICIES,
  MESSAGE_MODES,
  MESSAGE_STATUSES,
  OUTPUT_STREAMS,
  PERMISSION_STATES,
  PERMISSION_KINDS,
  PROMPT_STAGES,
  RECEIPTS,
  SESSION_STATUSES,
  STEP_STATUSES,
  TOOL_KINDS,
  TOOL_STATUSES,
} from '../../lifecycle/run/enums.ts'
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

export const EntryKind = enumOf('EntryKind', ENTRY_KINDS, 'What an entry of a transcript is.', {
  MESSAGE: 'What the agent says to people, whole.',
  THOUGHT: 'What it says to itself.',
  TOOL_CALL: 'The call of a tool, or how far one has come.',
  DIFF: 'A file that it changed.',
  PLAN: 'All that it means to do.',
  PERMISSION: 'A permission that it asked for, or what became of that.',
  USAGE: 'What a turn used.',
  ERROR: 'What went wrong, in its own words.',
  OUTPUT: 'What a program put out without saying what it is.',
})

export const ToolKind = enumOf('ToolKind', TOOL_KINDS, 'What a tool does, as the agent tells it.', {
  READ: 'Reads files or data.',
  EDIT: 'Changes files or their content.',
  DELETE: 'Removes files or data.',
  MOVE: 'Moves or renames files.',
  SEARCH: 'Looks for something.',
  EXECUTE: 'Runs a command or code.',
  THINK: 'Reasons or plans.',
  FETCH: 'Gets something from outside.',
  MCP: 'Is a tool of an MCP server.',
  OTHER: 'Anything else.',
})

export const ToolStatus = enumOf('ToolStatus', TOOL_STATUSES, 'How far the call of a tool has come.', {
  PENDING: 'Not begun: its input is still being written, or a permission waited for.',
  IN_PROGRESS: 'Under way.',
  COMPLETED: 'Done.',
  FAILED: 'Gone wrong.',
  CANCELLED: 'Ended before it was done.',
})

export const StepStatus = enumOf('StepStatus', STEP_STATUSES, 'How far a step of a plan has come.', {
  PENDING: 'Not begun.',
  IN_PROGRESS: 'Under way.',
  COMPLETED: 'Done.',
})

export const PermissionState = enumOf(
  'PermissionState',
  PERMISSION_STATES,
  'What became of a question for a permission.',
  {
    ASKED: 'It waits for an answer.',
    ALLOWED: 'It was given.',
    DENIED: 'It was refused.',
    EXPIRED: 'Nobody answered in time.',
    WITHDRAWN: 'The agent gave up asking, or ended.',
  },
)

export const OutputStream = enumOf('OutputStream', OUTPUT_STREAMS, 'Where output came from.', {
  STDOUT: 'Standard output, or the screen of a terminal.',
  STDERR: 'Standard error.',
})

export const ApprovalKind = enumOf('ApprovalKind', APPROVAL_KINDS, 'What a person is asked.', {
  REVIEW: 'Whether the work is good: APPROVE or REJECT.',
  RECOVERY: 'How to go on after a failure: RETRY or ABORT.',
  PERMISSION:
    'Whether the agent may do something, asked in the middle of its turn: ALLOW, ALLOW_ALWAYS or DENY.',
  QUESTION: 'Anything else that the agent asks in the middle of its turn: ANSWER or DECLINE.',
})

export const PermissionKind = enumOf(
  'PermissionKind',
  PERMISSION_KINDS,
  'What an agent asks permission for.',
  {
    EDIT: 'Changing a file.',
    EXECUTE: 'Running a command.',
    FETCH: 'Reading something over a network.',
    MCP: 'Calling a tool of an MCP server.',
    OTHER: 'Anything else.',
  },
)

export const ApprovalStatus = enumOf('ApprovalStatus', APPROVAL_STATUSES, 'Where an approval stands.', {
  PENDING: 'Waits for a person.',
  APPROVED: 'The work is good.',
  REJECTED: 'The work is to be done again.',
  RETRIED: 'The phase is to be tried again.',
  ABORTED: 'The run was given up.',
  ALLOWED: 'The agent may do it, this time.',
  ALLOWED_ALWAYS: 'The agent may do it, now and for the rest of its session.',
  DENIED: 'The agent may not do it.',
  ANSWERED: 'The question was answered.',
  DECLINED: 'A person would not answer.',
  EXPIRED: 'Nobody decided in time.',
  VOID: 'The run settled, or the question was withdrawn, before anybody decided.',
})

export const Decision = enumOf('Decision', DECISIONS, 'What a person answers.', {
  APPROVE: 'The work is good. For a REVIEW.',
  REJECT: 'The work is to be done again. For a REVIEW.',
  RETRY: 'Try the phase again. For a RECOVERY.',
  ABORT: 'Give the run up. For a RECOVERY.',
  ALLOW: 'Do it, this time. For a PERMISSION.',
  ALLOW_ALWAYS:
    'Do it, now and for the rest of the session: the same kind of action, by the same program or on the same path. For a PERMISSION that names one.',
  DENY: 'Do not do it. For a PERMISSION.',
  ANSWER: 'The answer, as a value that the schema admits. For a QUESTION.',
  DECLINE: 'No answer is given. For a QUESTION.',
})

export const ExpiryPolicy = enumOf(
  'ExpiryPolicy',
  EXPIRY_POLICIES,
  'What happens where nobody decides in time.',
  {
    REJECT: 'As if a person had said REJECT, or ABORT for a RECOVERY.',
    EXPIRE_RUN: 'The run is EXPIRED; held by a live owner, it is FAILED.',
    WAIT: 'Nothing: it can still be decided.',
    CONTINUE:
      'The run goes on, and the agent is told that nobody answered. For a PERMISSION and a QUESTION, always.',
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

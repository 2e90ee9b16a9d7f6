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
  USAGE_FIGURES,
} from '../../lifecycle/run/enums.ts'
import { enumOf } from '../kit/builder.ts'

/** The GraphQL enums of the vocabulary for a run's dependent rows, each value with its meaning. */

export const SessionStatus = enumOf(
  'SessionStatus',
  SESSION_STATUSES,
  'What the agent of a session does, as its owner last reported.',
  {
    CREATED: 'Recorded; its agent is not started yet.',
    BOOTSTRAPPING: 'Its agent is being started.',
    READY: 'Its agent waits for a prompt.',
    BUSY: 'Its agent works on a prompt.',
    ARTIFACT_TIMEOUT: 'The file that the prompt asked for was not written in time.',
    RESUMING: 'It is being recovered.',
    REBOOTSTRAPPED: 'Its agent was restarted and will be READY.',
    WAITING_FOR_APPROVAL: 'Its agent waits for a person.',
    CRASHED: 'Its agent is gone.',
    FAILED_NEEDS_HUMAN: 'Suspended until a person decides how to continue.',
    DISPOSED: 'Ended; its role is free.',
  },
)

export const PromptStage = enumOf('PromptStage', PROMPT_STAGES, 'Delivery state of a prompt.', {
  SENDING: 'About to be sent; after a crash it is unknown whether it was.',
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
  PROMPT: 'What the agent was prompted with.',
})

export const ToolKind = enumOf('ToolKind', TOOL_KINDS, 'What a tool does, as the agent reports it.', {
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
  RECOVERY: 'How to continue after a failure: RETRY or ABORT.',
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

export const ApprovalStatus = enumOf(
  'ApprovalStatus',
  APPROVAL_STATUSES,
  'Whether a question is open, and what was answered.',
  {
    PENDING: 'Waits for a person.',
    APPROVED: 'The work is good.',
    REJECTED: 'The work has to be redone.',
    RETRIED: 'The phase will be retried.',
    ABORTED: 'The run was aborted.',
    ALLOWED: 'The agent may do it, this time.',
    ALLOWED_ALWAYS: 'The agent may do it, now and for the rest of its session.',
    DENIED: 'The agent may not do it.',
    ANSWERED: 'The question was answered.',
    DECLINED: 'A person would not answer.',
    EXPIRED: 'Nobody decided in time.',
    VOID: 'The run settled, or the question was withdrawn, before anybody decided.',
  },
)

export const Decision = enumOf('Decision', DECISIONS, 'What a person answers.', {
  APPROVE: 'The work is good. For a REVIEW.',
  REJECT: 'The work has to be redone. For a REVIEW.',
  RETRY: 'Retry the phase. For a RECOVERY.',
  ABORT: 'Abort the run. For a RECOVERY.',
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
  'What happens if nobody decides in time.',
  {
    REJECT: 'As if a person had said REJECT, or ABORT for a RECOVERY.',
    EXPIRE_RUN: 'The run is EXPIRED, or FAILED if a live owner holds it.',
    WAIT: 'Nothing happens: it can still be decided.',
    CONTINUE:
      'The run continues, and the agent is told that nobody answered. Always the policy of a PERMISSION or a QUESTION.',
  },
)

export const MessageMode = enumOf('MessageMode', MESSAGE_MODES, 'When a message reaches the agent.', {
  STEER: 'Now.',
  FOLLOW_UP: 'When its session is READY.',
})

export const MessageStatus = enumOf('MessageStatus', MESSAGE_STATUSES, 'Delivery status of a message.', {
  PENDING: 'Waits for the owner.',
  DELIVERED: 'The owner has it.',
  CONSUMED: 'The agent has read it.',
  UNDELIVERED: 'The run settled before the agent read it.',
})

export const Receipt = enumOf('Receipt', RECEIPTS, "The owner's receipt for a message.", {
  DELIVERED: 'The owner has it.',
  CONSUMED: 'The agent has read it.',
})

export const UsageFigure = enumOf('UsageFigure', USAGE_FIGURES, 'A figure of what was used.', {
  INPUT_TOKENS: 'Tokens that went in.',
  CACHED_TOKENS: 'Tokens that went in and were read from a cache.',
  OUTPUT_TOKENS: 'Tokens that came out.',
  REASONING_TOKENS: 'Tokens that came out and were spent on thinking, not on the answer.',
  COST: 'Money, by currency.',
  DURATION: 'How long it took.',
})

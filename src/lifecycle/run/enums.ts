/**
 * The vocabulary of Pawl: every status, reason and kind, declared once. The transition table, the GraphQL enums, the
 * database enums (checked by a test) and the documentation are derived from these lists.
 */

/** Every status of a run, in lifecycle order. */
export const RUN_STATUSES = [
  'QUEUED',
  'RUNNING',
  'AWAITING_APPROVAL',
  'PAUSED',
  'CANCELLING',
  'COMPLETED',
  'FAILED',
  'CANCELLED',
  'EXPIRED',
] as const
export type RunStatus = (typeof RUN_STATUSES)[number]

/**
 * What the table of transitions tells apart: the statuses, and AWAITING_APPROVAL by a question asked in the middle of a
 * turn, where the owner stays at work.
 */
export const RUN_STATES = [...RUN_STATUSES, 'ASKING'] as const
export type RunState = (typeof RUN_STATES)[number]

/** Statuses that nothing follows within the epoch (G2). */
export const SETTLED_STATUSES = ['COMPLETED', 'FAILED', 'CANCELLED', 'EXPIRED'] as const satisfies RunStatus[]
export type SettledStatus = (typeof SETTLED_STATUSES)[number]

/** Settled statuses that no command ever changes again. */
export const FINAL_STATUSES = ['COMPLETED', 'CANCELLED', 'EXPIRED'] as const satisfies SettledStatus[]

/** Why a run settled. */
export const RUN_REASONS = [
  'COMPLETED',
  'REPORTED_FAILURE',
  'START_FAILED',
  'INCOMPLETE',
  'CANCELLED_BY_USER',
  'OWNER_LOST',
  'QUEUE_TIMEOUT',
  'PHASE_TIMEOUT',
  'RUN_TIMEOUT',
  'IDLE_TIMEOUT',
  'APPROVAL_REJECTED',
  'APPROVAL_EXPIRED',
  'STALE',
  'CLOSED_BY_PARENT',
  'TAKEOVER_CAP',
] as const
export type RunReason = (typeof RUN_REASONS)[number]

/** The reasons a client may report; all others are set by the server. */
export const FAIL_REASONS = ['REPORTED_FAILURE', 'START_FAILED', 'INCOMPLETE'] as const satisfies RunReason[]
export type FailReason = (typeof FAIL_REASONS)[number]

/** The next step for an agent. */
export const NEXT_ACTIONS = [
  'CLAIM',
  'START_PHASE',
  'WORK',
  'ADVANCE',
  'COMPLETE_ROUND',
  'COMPLETE',
  'DECIDE_APPROVAL',
  'WAIT',
  'RESUME',
  'NONE',
] as const
export type NextAction = (typeof NEXT_ACTIONS)[number]

/** Every status of a phase and of its attempts. */
export const PHASE_STATUSES = [
  'PENDING',
  'RUNNING',
  'AWAITING_ARTIFACT',
  'AWAITING_APPROVAL',
  'COMPLETED',
  'FAILED',
  'CANCELLED',
  'SKIPPED',
] as const
export type PhaseStatus = (typeof PHASE_STATUSES)[number]

/** How an execution ended. */
export const EXECUTION_ENDS = [
  'EXITED',
  'CANCELLED',
  'CLOSED_BY_RUN',
  'TIMED_OUT',
  'IDLE',
  'SUPERVISOR_LOST',
] as const
export type ExecutionEnd = (typeof EXECUTION_ENDS)[number]

/** The ends a client may report; the server sets the others. */
export const REPORTED_ENDS = ['EXITED', 'CANCELLED', 'TIMED_OUT', 'IDLE'] as const satisfies ExecutionEnd[]
export type ReportedEnd = (typeof REPORTED_ENDS)[number]

/** The outcome of a run or an execution; derived when read, never stored. */
export const OUTCOMES = ['SUCCESS', 'INCOMPLETE', 'FAILED', 'CANCELLED'] as const
export type Outcome = (typeof OUTCOMES)[number]

/** Every status of a session. */
export const SESSION_STATUSES = [
  'CREATED',
  'BOOTSTRAPPING',
  'READY',
  'BUSY',
  'ARTIFACT_TIMEOUT',
  'RESUMING',
  'REBOOTSTRAPPED',
  'WAITING_FOR_APPROVAL',
  'CRASHED',
  'FAILED_NEEDS_HUMAN',
  'DISPOSED',
] as const
export type SessionStatus = (typeof SESSION_STATUSES)[number]

/** The stage of a prompt: SENDING is recorded before it is sent, SENT after. */
export const PROMPT_STAGES = ['SENDING', 'SENT'] as const
export type PromptStage = (typeof PROMPT_STAGES)[number]

/** Kinds of the entries of a transcript. */
export const ENTRY_KINDS = [
  'MESSAGE',
  'THOUGHT',
  'TOOL_CALL',
  'DIFF',
  'PLAN',
  'PERMISSION',
  'USAGE',
  'ERROR',
  'OUTPUT',
  'PROMPT',
] as const
export type EntryKind = (typeof ENTRY_KINDS)[number]

export const USAGE_FIGURES = [
  'INPUT_TOKENS',
  'CACHED_TOKENS',
  'OUTPUT_TOKENS',
  'REASONING_TOKENS',
  'COST',
  'DURATION',
] as const
export type UsageFigure = (typeof USAGE_FIGURES)[number]

/** What a tool does, as agents report it. */
export const TOOL_KINDS = [
  'READ',
  'EDIT',
  'DELETE',
  'MOVE',
  'SEARCH',
  'EXECUTE',
  'THINK',
  'FETCH',
  'MCP',
  'OTHER',
] as const
export type ToolKind = (typeof TOOL_KINDS)[number]

/** How far the call of a tool has come. */
export const TOOL_STATUSES = ['PENDING', 'IN_PROGRESS', 'COMPLETED', 'FAILED', 'CANCELLED'] as const
export type ToolStatus = (typeof TOOL_STATUSES)[number]

/** How far a step of a plan has come. */
export const STEP_STATUSES = ['PENDING', 'IN_PROGRESS', 'COMPLETED'] as const
export type StepStatus = (typeof STEP_STATUSES)[number]

/** The result of a request for a permission, as the transcript shows it. */
export const PERMISSION_STATES = ['ASKED', 'ALLOWED', 'DENIED', 'EXPIRED', 'WITHDRAWN'] as const
export type PermissionState = (typeof PERMISSION_STATES)[number]

/** Where the output of a plain agent came from. */
export const OUTPUT_STREAMS = ['STDOUT', 'STDERR'] as const
export type OutputStream = (typeof OUTPUT_STREAMS)[number]

/**
 * Kinds of questions to a person: whether work is approved, how to continue after a failure, and two that an agent
 * asks in the middle of a turn: whether it may do something, and anything else.
 */
export const APPROVAL_KINDS = ['REVIEW', 'RECOVERY', 'PERMISSION', 'QUESTION'] as const
export type ApprovalKind = (typeof APPROVAL_KINDS)[number]

/** The kinds asked in the middle of a turn: the agent waits with its process alive, so its owner stays. */
export const IN_TURN_KINDS = ['PERMISSION', 'QUESTION'] as const satisfies ApprovalKind[]
export type InTurnKind = (typeof IN_TURN_KINDS)[number]

/** Every status of an approval. */
export const APPROVAL_STATUSES = [
  'PENDING',
  'APPROVED',
  'REJECTED',
  'RETRIED',
  'ABORTED',
  'ALLOWED',
  'ALLOWED_ALWAYS',
  'DENIED',
  'ANSWERED',
  'DECLINED',
  'EXPIRED',
  'VOID',
] as const
export type ApprovalStatus = (typeof APPROVAL_STATUSES)[number]

/** Possible decisions of a person; each kind of approval admits two or three of them. */
export const DECISIONS = [
  'APPROVE',
  'REJECT',
  'RETRY',
  'ABORT',
  'ALLOW',
  'ALLOW_ALWAYS',
  'DENY',
  'ANSWER',
  'DECLINE',
] as const
export type Decision = (typeof DECISIONS)[number]

/** What happens to an approval that is not decided in time; CONTINUE is that of every one asked in a turn. */
export const EXPIRY_POLICIES = ['REJECT', 'EXPIRE_RUN', 'WAIT', 'CONTINUE'] as const
export type ExpiryPolicy = (typeof EXPIRY_POLICIES)[number]

/** The policies of questions that are not asked in a turn. */
export const OUT_OF_TURN_POLICIES = ['REJECT', 'EXPIRE_RUN', 'WAIT'] as const satisfies ExpiryPolicy[]

/** Kinds of actions that an agent asks permission for. */
export const PERMISSION_KINDS = ['EDIT', 'EXECUTE', 'FETCH', 'MCP', 'OTHER'] as const
export type PermissionKind = (typeof PERMISSION_KINDS)[number]

/** Why a question asked in a turn became VOID while its run went on. */
export const WITHDRAWN_BECAUSE = [
  'WITHDRAWN',
  'SUPERSEDED',
  'RELEASED',
  'OWNER_LOST',
  'PAUSED',
  'CANCELLED',
] as const
export type WithdrawnBecause = (typeof WITHDRAWN_BECAUSE)[number]

/** When a message is delivered to the agent: immediately, or once its session is READY. */
export const MESSAGE_MODES = ['STEER', 'FOLLOW_UP'] as const
export type MessageMode = (typeof MESSAGE_MODES)[number]

/** Every status of a message. */
export const MESSAGE_STATUSES = ['PENDING', 'DELIVERED', 'CONSUMED', 'UNDELIVERED'] as const
export type MessageStatus = (typeof MESSAGE_STATUSES)[number]

/** The receipts that an owner may report for a message. */
export const RECEIPTS = ['DELIVERED', 'CONSUMED'] as const satisfies MessageStatus[]
export type Receipt = (typeof RECEIPTS)[number]

/** Kinds of evidence required for COMPLETED. */
export const EVIDENCE_KINDS = ['PHASE', 'ARTIFACT', 'APPROVAL', 'ROUND', 'FINAL_PHASE', 'CHILD'] as const
export type EvidenceKind = (typeof EVIDENCE_KINDS)[number]

/** What a worker announces of itself. */
export const ANNOUNCED_STATES = ['READY', 'NOT_READY', 'STOPPING', 'STOPPED'] as const
export type AnnouncedState = (typeof ANNOUNCED_STATES)[number]

/** The states in which a worker is shown: one that was not heard for too long is SILENT. */
export const WORKER_STATES = [...ANNOUNCED_STATES, 'SILENT'] as const
export type WorkerState = (typeof WORKER_STATES)[number]

/** The kinds of things that a command names by an id, and a workflow by its name. */
export const NOT_FOUND_KINDS = [
  'RUN',
  'WORKFLOW',
  'EXECUTION',
  'SESSION',
  'APPROVAL',
  'MESSAGE',
  'TOKEN',
  'PRINCIPAL',
  'WORKSPACE',
  'WORKSPACE_OPERATION',
] as const
export type NotFoundKind = (typeof NOT_FOUND_KINDS)[number]

/** Why a run can't be resumed. */
export const NOT_RESUMABLE_CAUSES = [
  'OWNED',
  'FINAL',
  'QUEUED',
  'CANCELLING',
  'AWAITING_APPROVAL',
  'APPROVAL_OPEN',
  'RESUME_CAP',
  'CONTINUED',
  'PARENT',
  'CONTENT_REMOVED',
] as const
export type NotResumableCause = (typeof NOT_RESUMABLE_CAUSES)[number]

/** How to handle an error of a phase: try again, ask a person, or fail the run. */
export const ERROR_CLASSES = ['RECOVERABLE', 'HUMAN_REQUIRED', 'FATAL'] as const
export type ErrorClass = (typeof ERROR_CLASSES)[number]

/** Kinds of directives from the server to the owner of a run. */
export const DIRECTIVE_KINDS = [
  'CONTINUE',
  'WAIT',
  'PAUSE',
  'CANCEL',
  'STOP',
  'MESSAGE',
  'LEASE_LOST',
] as const
export type DirectiveKind = (typeof DIRECTIVE_KINDS)[number]

/** Roles of tokens, which determine their permissions. */
export const ROLES = ['VIEWER', 'OPERATOR', 'WORKER', 'AGENT', 'ADMIN'] as const
export type Role = (typeof ROLES)[number]

/** True for a kind that is asked in the middle of a turn. */
export function isInTurnKind(kind: ApprovalKind): kind is InTurnKind {
  return (IN_TURN_KINDS as readonly ApprovalKind[]).includes(kind)
}

/** True for a settled status: nothing follows within its epoch. */
export function isSettledStatus(status: RunStatus): status is SettledStatus {
  return (SETTLED_STATUSES as readonly RunStatus[]).includes(status)
}

/** True for a status that no command changes again. */
export function isFinalStatus(status: RunStatus): boolean {
  return (FINAL_STATUSES as readonly RunStatus[]).includes(status)
}

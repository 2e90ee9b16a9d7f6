import {
  DIRECTIVE_KINDS,
  ERROR_CLASSES,
  EVIDENCE_KINDS,
  EXECUTION_ENDS,
  FAIL_REASONS,
  NEXT_ACTIONS,
  NOT_FOUND_KINDS,
  NOT_RESUMABLE_CAUSES,
  OUTCOMES,
  PHASE_STATUSES,
  ROLES,
  RUN_REASONS,
  RUN_STATUSES,
} from '../../lifecycle/run/enums.ts'
import { RUN_COMMANDS, STEP_COMMANDS } from '../../lifecycle/run/commands.ts'
import { enumOf } from '../kit/builder.ts'

/** The GraphQL enums of the lifecycle's vocabulary, each value with its meaning. */

export const RunStatus = enumOf(
  'RunStatus',
  RUN_STATUSES,
  'Where a run is between its start and its end: whether it waits, is driven, or is settled.',
  {
    QUEUED: 'Waits for an owner.',
    RUNNING: 'An owner drives it.',
    AWAITING_APPROVAL: 'Waits for a person to answer a question.',
    PAUSED: 'Paused by a person or by an open recovery question.',
    CANCELLING:
      'Cancel accepted; the owner was told to stop and has not confirmed yet. Always ends CANCELLED.',
    COMPLETED: 'Done, on evidence held by the server. Final.',
    FAILED: 'Settled without completing; can be resumed.',
    CANCELLED: 'Cancelled. Final.',
    EXPIRED: 'Expired after a time limit without an owner. Final.',
  },
)

export const RunReason = enumOf('RunReason', RUN_REASONS, 'Why a run settled.', {
  COMPLETED: 'All required evidence was present.',
  REPORTED_FAILURE: 'Its owner reported a failure.',
  START_FAILED: 'Its owner could not start the work.',
  INCOMPLETE: 'The process exited successfully, but the work was not done.',
  CANCELLED_BY_USER: 'Cancelled by request.',
  OWNER_LOST: 'The owner was lost: its lease expired.',
  QUEUE_TIMEOUT: 'It waited in the queue longer than its workflow allows.',
  PHASE_TIMEOUT: 'A phase took longer than the workflow allows.',
  RUN_TIMEOUT: 'It took longer than its workflow allows.',
  IDLE_TIMEOUT: 'It had no activity for longer than its workflow allows.',
  APPROVAL_REJECTED: 'A person rejected it, or gave up on its recovery.',
  APPROVAL_EXPIRED: 'Nobody answered a question in time.',
  STALE: 'Nothing happened for too long.',
  CLOSED_BY_PARENT: 'Its parent run settled without being completed.',
  TAKEOVER_CAP: 'The owner was lost, and the run had been taken over as often as its workflow allows.',
})

export const FailReason = enumOf(
  'FailReason',
  FAIL_REASONS,
  'The reasons for a failure that a client may report.',
  {
    REPORTED_FAILURE: 'The work failed.',
    START_FAILED: 'The work could not be started.',
    INCOMPLETE: 'The process exited successfully, but the work was not done.',
  },
)

export const NextAction = enumOf('NextAction', NEXT_ACTIONS, 'What an agent should do next.', {
  CLAIM: 'Claim the run.',
  START_PHASE: 'Start the current phase.',
  WORK: 'Do the work of the current phase.',
  ADVANCE: 'Advance to a phase that may follow.',
  COMPLETE_ROUND: 'Declare the work of the round done.',
  COMPLETE: 'Complete the run: all required evidence is present.',
  DECIDE_APPROVAL: 'A person decides the open approval.',
  WAIT: 'Wait: nothing can be done now.',
  RESUME: 'Resume the run.',
  NONE: 'Nothing follows.',
})

export const RunCommand = enumOf(
  'RunCommand',
  RUN_COMMANDS,
  'A command that may be sent about a run, by the mutation that sends it.',
  {
    CLAIM: 'Become its owner: `claimRun`.',
    RELEASE: 'Give it back as its owner: `releaseRun`.',
    PAUSE: 'Have its owner stop until it is resumed: `pauseRun`.',
    RESUME: 'Let it continue: `resumeRun`.',
    CANCEL: 'End it without a result: `cancelRun`.',
    CONFIRM_CANCEL: 'Tell that the processes of a cancelled run are gone: `confirmCancel`.',
    DELETE: 'Remove it with all that belongs to it: `deleteRun`.',
    COMPLETE: 'Settle it as done, on evidence: `completeRun`.',
    FAIL: 'Settle it as not done: `failRun`.',
    START_PHASE: 'Begin an attempt of the current phase: `startPhase`.',
    FAIL_PHASE: 'Record that the attempt failed: `failPhase`.',
    ADVANCE_PHASE: 'Move to a phase that may follow: `advancePhase`.',
    COMPLETE_ROUND: 'Declare the work of the round done: `completeRound`.',
    SUBMIT_ARTIFACT: 'Send a file of the current phase: `submitArtifact`.',
    REQUEST_APPROVAL: 'Ask a person a question: `requestApproval`.',
    DECIDE_APPROVAL: 'Answer the open question: `decideApproval`.',
    WITHDRAW_APPROVAL: 'Stop asking the open question: `withdrawApproval`.',
    SEND_MESSAGE: 'Tell its agent something: `sendMessage`.',
    DETACH: 'Make it independent of its parent: `detachRun`.',
  },
)

export const StepCommand = enumOf(
  'StepCommand',
  Object.values(STEP_COMMANDS),
  'A command that `driveRun` takes as a step, by the mutation that sends it alone.',
  {
    START_PHASE: 'Begin an attempt of the current phase: `startPhase`.',
    ADVANCE_PHASE: 'Move to a phase that may follow: `advancePhase`.',
    FAIL_PHASE: 'Record that the attempt failed: `failPhase`.',
    COMPLETE_ROUND: 'Declare the work of the round done: `completeRound`.',
    COMPLETE: 'Settle the run as done, on evidence: `completeRun`.',
    FAIL: 'Settle the run as not done: `failRun`.',
    START_EXECUTION: 'Record a launched process: `startExecution`.',
    FINISH_EXECUTION: 'Record the end of a process: `finishExecution`.',
    OPEN_SESSION: 'Open or adopt the session of a role: `openSession`.',
    UPDATE_SESSION: 'Record the status of a session: `updateSession`.',
    RECORD_PROMPT: 'Tell what the agent is asked, before and after it is sent: `recordPrompt`.',
    SUBMIT_ARTIFACT: 'Send a file of the current phase: `submitArtifact`.',
  },
)

export const PhaseStatus = enumOf('PhaseStatus', PHASE_STATUSES, 'How far a phase has come in its round.', {
  PENDING: 'Not started.',
  RUNNING: 'An attempt is under way.',
  AWAITING_ARTIFACT: 'The agent was prompted; its artifact is awaited.',
  AWAITING_APPROVAL: 'Waits for a person.',
  COMPLETED: 'Done.',
  FAILED: 'The last attempt failed; it may be started again.',
  CANCELLED: 'The run settled, or was cancelled, while it was under way.',
  SKIPPED: 'Never started, and the run was completed without it.',
})

export const ExecutionEnd = enumOf('ExecutionEnd', EXECUTION_ENDS, 'How a process ended.', {
  EXITED: 'By itself, with an exit code or by a signal.',
  CANCELLED: 'It was stopped on request.',
  CLOSED_BY_RUN: 'Its run settled while it was in flight.',
  TIMED_OUT: 'It was stopped for taking too long.',
  IDLE: 'It was stopped because it had no activity.',
  SUPERVISOR_LOST: 'Its supervisor was lost, so its end is unknown.',
})

export const Outcome = enumOf(
  'Outcome',
  OUTCOMES,
  'Outcome of a run or a process. Computed on read, by the current rule.',
  {
    SUCCESS: 'The work is done, on evidence.',
    INCOMPLETE: 'It ended successfully, but the work is not done. An exit code of 0 is not evidence.',
    FAILED: 'It ended without success: by an error, a lost owner or a time limit.',
    CANCELLED: 'It was stopped on request, before it was done.',
  },
)

export const EvidenceKind = enumOf('EvidenceKind', EVIDENCE_KINDS, 'A kind of evidence that a run needs.', {
  PHASE: 'A phase is to be completed.',
  ARTIFACT: 'A valid artifact is to be submitted.',
  APPROVAL: 'A person is to approve.',
  ROUND: 'The round is to be completed.',
  FINAL_PHASE: 'The run is to reach a final phase.',
  CHILD: 'An attached child is to end, or to be detached.',
})

export const NotFoundKind = enumOf('NotFoundKind', NOT_FOUND_KINDS, 'What kind of thing an input names.', {
  RUN: 'A run that is gone or was never started, by its id `run_…`.',
  WORKFLOW: 'A workflow, by its name.',
  EXECUTION: 'An execution, by its id `exe_…`.',
  SESSION: 'A session, by its id `ses_…`.',
  APPROVAL: 'An approval, by its id `apr_…`.',
  MESSAGE: 'A message, by its id `msg_…`.',
  TOKEN: 'A token, by its id `tok_…`.',
  PRINCIPAL: 'A principal, by its id `prn_…`.',
  WORKSPACE: 'A workspace, by its id `wsp_…`.',
  WORKSPACE_OPERATION: 'An operation of a workspace, by its id `wop_…`.',
})

export const NotResumableCause = enumOf(
  'NotResumableCause',
  NOT_RESUMABLE_CAUSES,
  'Why a run cannot be resumed.',
  {
    OWNED: 'A live owner holds it.',
    FINAL: 'It is COMPLETED, CANCELLED or EXPIRED.',
    QUEUED: 'It is already queued.',
    CANCELLING: 'A cancel was accepted, and its owner is stopping.',
    AWAITING_APPROVAL: 'It waits for a person.',
    APPROVAL_OPEN: 'A recovery question is open.',
    RESUME_CAP: 'It was resumed as often as its workflow allows.',
    CONTINUED: 'Another run continues it.',
    PARENT: 'An ancestor of it has settled or is being cancelled.',
    CONTENT_REMOVED: 'What it worked on is gone: see `contentRemoval`.',
  },
)

export const ErrorClass = enumOf('ErrorClass', ERROR_CLASSES, 'How to handle an error of a phase.', {
  RECOVERABLE: 'Try again.',
  HUMAN_REQUIRED: 'Ask a person.',
  FATAL: 'Fail the run.',
})

export const DirectiveKind = enumOf(
  'DirectiveKind',
  DIRECTIVE_KINDS,
  'An instruction to the owner of a run.',
  {
    CONTINUE: 'Nothing is to be done: keep working.',
    WAIT: "Continue and stop nothing: the agent waits, within its turn, for a person's answer.",
    PAUSE: 'Stop the agent; release the run, or hold it until it is resumed.',
    CANCEL: 'Stop the agent and confirm the cancel.',
    STOP: 'The run has settled: stop the agent and release the run.',
    MESSAGE: 'A message waits to be delivered to the agent.',
    LEASE_LOST: 'The claim is over: stop the agent and write nothing more.',
  },
)

export const Role = enumOf('Role', ROLES, 'What a token may do.', {
  VIEWER: 'Queries and subscriptions.',
  OPERATOR: 'Also starts, pauses, resumes, cancels and deletes runs, and registers workflows.',
  WORKER: 'Reads like VIEWER; starts, resumes and claims runs and drives what it holds.',
  AGENT: 'Sees one run and drives it; comes from a claim and ends with it.',
  ADMIN: 'Everything; alone: tokens, sweep, doctor.',
})

import type { CommandOf, CommandType } from './commandInputs.ts'
import type { RefusalType } from './refusals.ts'
import type { Role, RunState, RunStatus } from './enums.ts'

/** Roles allowed to request something, the least one first. */
type Roles = readonly [Role, ...Role[]]

/** Static facts about a command with this input. */
interface CommandDefinition<Input = object> {
  /** Roles that may request it. */
  readonly roles: Roles
  /** Its name in `allowedCommands`; absent: never offered there. */
  readonly offeredAs?: string
  /** The target statuses from each state that admits it; absent: every state admits it. */
  readonly transitions?: { readonly [S in RunState]?: readonly [RunStatus, ...RunStatus[]] }
  /** Everything it can be refused with: the members of its GraphQL union besides the success. */
  readonly refusals: readonly RefusalType[]
  /**
   * Of a command that is one decision about one run: the values of the fields that its input may leave out. Its use
   * case is derived from them (`commands/run/runCommands.ts`); absent: it has a use case of its own.
   */
  readonly defaults?: Partial<Input>
}

/** The definitions of all commands; the defaults of those that are decided are checked against their inputs. */
type Definitions = { readonly [name: string]: CommandDefinition } & {
  readonly [N in CommandType]: CommandDefinition<Omit<CommandOf<N>, 'type'>>
}

const operator = ['OPERATOR', 'ADMIN'] as const
const worker = ['WORKER', 'ADMIN'] as const
const operatorOrWorker = ['OPERATOR', 'WORKER', 'ADMIN'] as const
const driver = ['WORKER', 'AGENT', 'ADMIN'] as const
const driverOrOperator = ['WORKER', 'AGENT', 'OPERATOR', 'ADMIN'] as const
const admin = ['ADMIN'] as const

/**
 * Refusals of every command, of commands with an idempotency key, of commands about a run, and of driving commands
 * about a run.
 */
const ALWAYS = ['InvalidInput', 'Forbidden'] as const
const KEYED = ['IdempotencyMismatch', ...ALWAYS] as const
const ON_RUN = ['RevisionConflict', 'NotFound', ...KEYED] as const
// keeps the published order of some unions
const KEYED_ON_RUN = ['RevisionConflict', 'IdempotencyMismatch', 'NotFound', ...ALWAYS] as const
const DRIVING = ['RunNotActive', 'LeaseLost', ...ON_RUN] as const

const whileRunning = { RUNNING: ['RUNNING'] } as const
/** The work of an owner, which goes on while its agent waits for an answer. */
const atWork = { ...whileRunning, ASKING: ['AWAITING_APPROVAL'] } as const
const anyActive = {
  QUEUED: ['QUEUED'],
  RUNNING: ['RUNNING'],
  AWAITING_APPROVAL: ['AWAITING_APPROVAL'],
  ASKING: ['AWAITING_APPROVAL'],
  PAUSED: ['PAUSED'],
} as const
const anySettled = {
  COMPLETED: ['COMPLETED'],
  FAILED: ['FAILED'],
  CANCELLED: ['CANCELLED'],
  EXPIRED: ['EXPIRED'],
} as const

/**
 * Every command. The roles, the transition table, `allowedCommands`, the GraphQL result unions, and the types of
 * decisions and use cases are derived from this record. A rule or use case that refuses with anything not listed here
 * does not compile. The order is that of the `RunCommand` enum.
 */
export const COMMANDS = {
  claimRun: {
    roles: worker,
    offeredAs: 'CLAIM',
    transitions: { QUEUED: ['RUNNING'] },
    refusals: ['NothingToClaim', 'NotClaimable', ...ON_RUN],
  },
  releaseRun: {
    roles: worker,
    offeredAs: 'RELEASE',
    transitions: {
      RUNNING: ['QUEUED'],
      AWAITING_APPROVAL: ['AWAITING_APPROVAL'],
      ASKING: ['QUEUED'],
      PAUSED: ['PAUSED'],
      CANCELLING: ['CANCELLED'],
      ...anySettled,
    },
    refusals: ['LeaseLost', ...ON_RUN],
    defaults: { claimableAt: null, waitsFor: null, isBlocked: false, isWaitingForChildren: false },
  },
  pauseRun: {
    roles: operator,
    offeredAs: 'PAUSE',
    transitions: {
      QUEUED: ['PAUSED'],
      RUNNING: ['PAUSED'],
      AWAITING_APPROVAL: ['PAUSED'],
      ASKING: ['PAUSED'],
    },
    refusals: ['NotPausable', ...ON_RUN],
    defaults: { comment: null },
  },
  resumeRun: {
    roles: operatorOrWorker,
    offeredAs: 'RESUME',
    transitions: {
      RUNNING: ['QUEUED', 'RUNNING'],
      PAUSED: ['QUEUED', 'RUNNING', 'AWAITING_APPROVAL'],
      FAILED: ['QUEUED', 'RUNNING'],
    },
    refusals: ['NotResumable', 'NotClaimable', 'ConcurrencyConflict', ...KEYED_ON_RUN],
    defaults: { comment: null, claim: null },
  },
  cancelRun: {
    roles: operator,
    offeredAs: 'CANCEL',
    transitions: {
      QUEUED: ['CANCELLED'],
      RUNNING: ['CANCELLING', 'CANCELLED'],
      AWAITING_APPROVAL: ['CANCELLING', 'CANCELLED'],
      ASKING: ['CANCELLING', 'CANCELLED'],
      PAUSED: ['CANCELLING', 'CANCELLED'],
      FAILED: ['CANCELLING', 'CANCELLED'],
    },
    refusals: [...ON_RUN],
    defaults: { comment: null, isCascading: true },
  },
  confirmCancel: {
    roles: worker,
    offeredAs: 'CONFIRM_CANCEL',
    transitions: { CANCELLING: ['CANCELLED'] },
    refusals: DRIVING,
    defaults: {},
  },
  deleteRun: {
    roles: operator,
    offeredAs: 'DELETE',
    transitions: anySettled,
    refusals: ['NotDeletable', ...ON_RUN],
  },
  completeRun: {
    roles: driver,
    offeredAs: 'COMPLETE',
    transitions: { RUNNING: ['COMPLETED'] },
    refusals: ['NotCompletable', 'RunNotActive', 'LeaseLost', ...ON_RUN],
    defaults: { output: null, fence: null },
  },
  failRun: {
    roles: driver,
    offeredAs: 'FAIL',
    transitions: { QUEUED: ['FAILED'], RUNNING: ['FAILED'], ASKING: ['FAILED'] },
    refusals: DRIVING,
    defaults: { reason: 'REPORTED_FAILURE', fence: null },
  },
  startPhase: {
    roles: driver,
    offeredAs: 'START_PHASE',
    transitions: atWork,
    refusals: ['IllegalTransition', 'UnknownPhase', ...DRIVING],
    defaults: { isRepair: false, because: null, fence: null },
  },
  failPhase: {
    roles: driver,
    offeredAs: 'FAIL_PHASE',
    transitions: { RUNNING: ['RUNNING', 'PAUSED'], ASKING: ['AWAITING_APPROVAL', 'PAUSED'] },
    refusals: ['IllegalTransition', 'UnknownPhase', ...DRIVING],
  },
  advancePhase: {
    roles: driver,
    offeredAs: 'ADVANCE_PHASE',
    transitions: whileRunning,
    refusals: ['IllegalTransition', 'UnknownPhase', 'NotCompletable', 'RunNotActive', 'LeaseLost', ...ON_RUN],
    defaults: { fence: null },
  },
  completeRound: {
    roles: driver,
    offeredAs: 'COMPLETE_ROUND',
    transitions: atWork,
    refusals: ['IllegalTransition', 'NotCompletable', ...DRIVING],
    defaults: { summary: null, fence: null },
  },
  submitArtifact: {
    roles: driver,
    offeredAs: 'SUBMIT_ARTIFACT',
    transitions: { RUNNING: ['RUNNING', 'AWAITING_APPROVAL'], ASKING: ['AWAITING_APPROVAL'] },
    refusals: ['IllegalTransition', 'UnknownPhase', ...DRIVING],
  },
  requestApproval: {
    roles: driver,
    offeredAs: 'REQUEST_APPROVAL',
    // what is allowed always is told while another question is open, too
    transitions: { RUNNING: ['AWAITING_APPROVAL', 'PAUSED'], ASKING: ['AWAITING_APPROVAL'] },
    refusals: [
      'IllegalTransition',
      'NotCompletable',
      'RunNotActive',
      'UnknownPhase',
      'LeaseLost',
      ...KEYED_ON_RUN,
    ],
  },
  decideApproval: {
    roles: operator,
    offeredAs: 'DECIDE_APPROVAL',
    transitions: {
      AWAITING_APPROVAL: ['QUEUED', 'RUNNING', 'FAILED'],
      ASKING: ['RUNNING'],
      PAUSED: ['PAUSED', 'QUEUED', 'RUNNING', 'FAILED'],
    },
    refusals: [
      'WrongDecision',
      'AlreadyDecided',
      'ApprovalExpired',
      'StaleDigest',
      'RunNotActive',
      ...ON_RUN,
    ],
  },
  withdrawApproval: {
    roles: driver,
    offeredAs: 'WITHDRAW_APPROVAL',
    transitions: { ASKING: ['RUNNING'] },
    refusals: ['AlreadyDecided', 'RunNotActive', 'LeaseLost', ...ON_RUN],
  },
  sendMessage: {
    roles: operator,
    offeredAs: 'SEND_MESSAGE',
    transitions: anyActive,
    refusals: ['RunNotActive', ...KEYED_ON_RUN],
  },
  detachRun: {
    roles: operator,
    offeredAs: 'DETACH',
    transitions: anyActive,
    refusals: ['RunNotActive', ...ON_RUN],
    defaults: { comment: null },
  },
  startExecution: {
    roles: driver,
    transitions: atWork,
    refusals: ['RunNotActive', 'UnknownPhase', 'LeaseLost', ...KEYED_ON_RUN],
  },
  // the end of a process is a fact: it can be reported in any status of the run
  finishExecution: {
    roles: driverOrOperator,
    refusals: ['ExecutionAlreadyFinished', ...ON_RUN],
  },
  touchExecution: {
    roles: driver,
    refusals: ['ExecutionAlreadyFinished', 'NotFound', ...ALWAYS],
  },
  openSession: {
    roles: driver,
    transitions: atWork,
    refusals: ['IllegalSessionTransition', ...DRIVING],
  },
  updateSession: {
    roles: driver,
    transitions: atWork,
    refusals: ['IllegalSessionTransition', ...DRIVING],
  },
  recordPrompt: {
    roles: driver,
    transitions: atWork,
    refusals: [
      'PromptAlreadySent',
      'IllegalSessionTransition',
      'IllegalTransition',
      'UnknownPhase',
      ...DRIVING,
    ],
  },
  appendTranscript: { roles: driver, refusals: ['TranscriptGap', 'LeaseLost', 'NotFound', ...ALWAYS] },
  // a receipt after settling is answered with the final status of the message
  acknowledgeMessage: { roles: driver, refusals: ['LeaseLost', ...ON_RUN] },
  startRun: {
    roles: operatorOrWorker,
    refusals: [
      'WorkflowMismatch',
      'AlreadyContinued',
      'RunNotActive',
      'ConcurrencyConflict',
      'IdempotencyMismatch',
      'NotFound',
      ...ALWAYS,
    ],
  },
  renewLease: { roles: worker, refusals: ['RunNotActive', 'LeaseLost', 'NotFound', ...ALWAYS] },
  driveRun: { roles: driver, refusals: ['StepRefused', 'LeaseLost', ...ON_RUN] },
  // written by the server on a parent, about its children
  noteChild: { roles: admin, refusals: ON_RUN },
  noteChildStarted: { roles: admin, refusals: ['RunNotActive', ...ON_RUN] },
  noteChildDetached: { roles: admin, refusals: ['RunNotActive', ...ON_RUN] },
  sweep: { roles: admin, refusals: ALWAYS },
  removeContent: { roles: admin, refusals: ALWAYS },
  recordWorkspace: {
    roles: worker,
    refusals: ['NotFound', 'RunNotActive', 'LeaseLost', 'WorkspaceTaken', ...KEYED],
  },
  requestWorkspaceOperation: {
    roles: operator,
    refusals: ['NotFound', 'WorkspaceNotReady', ...KEYED],
  },
  startWorkspaceOperation: {
    roles: worker,
    refusals: ['NotFound', 'OperationNotStartable', 'WorkspaceNotReady', ...KEYED],
  },
  finishWorkspaceOperation: {
    roles: worker,
    refusals: ['NotFound', 'OperationNotFinishable', ...KEYED],
  },
  reportPreview: { roles: worker, refusals: ['NotFound', 'WorkspaceNotReady', ...KEYED] },
  announceWorker: { roles: worker, refusals: ALWAYS },
  registerWorkflow: { roles: operator, refusals: ['WorkflowMismatch', ...KEYED] },
  createToken: { roles: admin, refusals: ['NotFound', ...KEYED] },
  // reads one run, which whoever steers runs may show
  createRunToken: { roles: operator, refusals: ['NotFound', ...ALWAYS] },
  rotateToken: { roles: admin, refusals: ['NotFound', ...KEYED] },
  revokeToken: { roles: admin, refusals: ['NotFound', ...ALWAYS] },
} as const satisfies Definitions

/** The commands that `driveRun` takes several of, in one decision: those of an owner about its run and the work in it. */
export const STEPS = [
  'startPhase',
  'advancePhase',
  'failPhase',
  'completeRound',
  'completeRun',
  'failRun',
  'startExecution',
  'finishExecution',
  'openSession',
  'updateSession',
  'recordPrompt',
  'submitArtifact',
] as const satisfies readonly (keyof typeof COMMANDS)[]

/** The name of a command that `driveRun` takes. */
export type StepName = (typeof STEPS)[number]

/** The commands of steps as they are shown to viewers. */
export const STEP_COMMANDS = {
  startPhase: 'START_PHASE',
  advancePhase: 'ADVANCE_PHASE',
  failPhase: 'FAIL_PHASE',
  completeRound: 'COMPLETE_ROUND',
  completeRun: 'COMPLETE',
  failRun: 'FAIL',
  startExecution: 'START_EXECUTION',
  finishExecution: 'FINISH_EXECUTION',
  openSession: 'OPEN_SESSION',
  updateSession: 'UPDATE_SESSION',
  recordPrompt: 'RECORD_PROMPT',
  submitArtifact: 'SUBMIT_ARTIFACT',
} as const satisfies Record<StepName, string>

/** The name of a command, shared by its mutation, its use case and its decision. */
export type CommandName = keyof typeof COMMANDS

/** The types of everything that a command can be refused with. */
export type RefusalTypeOf<N extends CommandName> = (typeof COMMANDS)[N]['refusals'][number]

type OfferedName = {
  [N in CommandName]: (typeof COMMANDS)[N] extends { readonly offeredAs: string } ? N : never
}[CommandName]

/** A command that can be offered to a viewer, by its name in `allowedCommands`. */
export type RunCommand = (typeof COMMANDS)[OfferedName]['offeredAs']

/** The commands that can be offered to a viewer, with their names in `allowedCommands`. */
export const OFFERED_COMMANDS = Object.fromEntries(
  Object.entries(COMMANDS).flatMap(([name, definition]) =>
    'offeredAs' in definition ? [[definition.offeredAs, name]] : [],
  ),
) as { readonly [N in OfferedName as (typeof COMMANDS)[N]['offeredAs']]: N }

/** The names of `OFFERED_COMMANDS`, as shown to viewers. */
export const RUN_COMMANDS = Object.keys(OFFERED_COMMANDS) as RunCommand[]

/** True if the command can be refused with this type. */
export function canBeRefusedWith(name: CommandName, refusal: RefusalType): boolean {
  return (COMMANDS[name].refusals as readonly RefusalType[]).includes(refusal)
}

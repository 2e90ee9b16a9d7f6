import type { Instant } from './run.ts'
import type {
  Decision,
  DirectiveKind,
  EvidenceKind,
  NotResumableCause,
  PhaseStatus,
  RunStatus,
  SessionStatus,
} from './words.ts'

/** One thing that stands between a run and COMPLETED. */
export interface MissingEvidence {
  readonly kind: EvidenceKind
  readonly phase: string | null
  readonly detail: string
}

/** One mistake in what a caller sent: where it stands and what is wrong. */
export interface InputIssue {
  readonly path: readonly string[]
  readonly message: string
}

/** What was asked of a phase. */
export type PhaseCommand =
  | 'startPhase'
  | 'repairPhase'
  | 'failPhase'
  | 'advancePhase'
  | 'completeRound'
  | 'submitArtifact'
  | 'requestApproval'
  | 'recordPrompt'

/** A phase command that the graph, or where the run stands in it, does not admit. */
export interface IllegalTransition {
  /** Where the run stands. */
  readonly from: string
  /** The phase that was asked for. */
  readonly to: string
  /** Where the run may go instead. */
  readonly allowed: readonly string[]
  readonly command: PhaseCommand
  /** Of the phase that the run stands at. */
  readonly phaseStatus: PhaseStatus
  /** The phases that may be advanced to now. */
  readonly reachable: readonly string[]
  /** The phases that may follow by the graph. */
  readonly next: readonly string[]
  readonly roundEndsAt: string | null
  /** True where another round was asked for, and the workflow allows a run no more of them. */
  readonly isPastLastRound: boolean
}

/** Who holds a run that somebody else, or the same again, asked for. */
export interface Holder {
  readonly owner: string
  /** When the lease expires; null: never by itself. */
  readonly until: Instant | null
  /** Whether the claim is one of the principal that asked. */
  readonly isYours: boolean
}

/** Why a decision about one run is no: a value, never an exception. */
export type Refusal =
  | {
      readonly type: 'RunNotActive'
      readonly status: RunStatus
      /** What the caller is to do, where the claim on the row is its own. */
      readonly directive?: DirectiveKind
    }
  | { readonly type: 'RevisionConflict'; readonly expected: number; readonly actual: number }
  | { readonly type: 'LeaseLost'; readonly yourFence: number; readonly currentFence: number }
  | { readonly type: 'IdempotencyMismatch'; readonly differingPaths: readonly string[] }
  | {
      readonly type: 'NotClaimable'
      readonly status: RunStatus
      readonly holder: Holder | null
      /** When it may be claimed, where it waits for that. */
      readonly claimableAt: Instant | null
      /** What it waits for. */
      readonly waitsFor: string | null
      /** Ids of the children that it waits for, where it was released until they end. */
      readonly children: readonly string[]
    }
  | { readonly type: 'NotPausable'; readonly status: RunStatus }
  | {
      readonly type: 'NotResumable'
      readonly status: RunStatus
      readonly because: NotResumableCause
      /** The run at the end of the chain that goes on from this one, where that is why. */
      readonly continuedBy: string | null
      readonly holder: Holder | null
    }
  | {
      readonly type: 'NotCompletable'
      readonly status: RunStatus
      readonly missing: readonly MissingEvidence[]
    }
  | {
      readonly type: 'NotDeletable'
      readonly status: RunStatus
      /** The run at the end of the chain that goes on from this one, where that is why. */
      readonly continuedBy: string | null
      readonly holder: Holder | null
    }
  | ({ readonly type: 'IllegalTransition' } & IllegalTransition)
  | { readonly type: 'UnknownPhase'; readonly phase: string; readonly known: readonly string[] }
  | { readonly type: 'ExecutionNotFound'; readonly executionId: string }
  | { readonly type: 'ExecutionAlreadyFinished'; readonly executionId: string }
  | { readonly type: 'SessionNotFound'; readonly sessionId: string }
  | {
      readonly type: 'IllegalSessionTransition'
      readonly sessionId: string
      readonly from: SessionStatus
      readonly to: SessionStatus
      readonly allowed: readonly SessionStatus[]
    }
  | { readonly type: 'PromptAlreadySent'; readonly sessionId: string; readonly dedupKey: string }
  | { readonly type: 'TranscriptGap'; readonly expectedSeq: number }
  | { readonly type: 'ApprovalNotFound'; readonly approvalId: string }
  | { readonly type: 'AlreadyDecided'; readonly approvalId: string }
  | { readonly type: 'ApprovalExpired'; readonly approvalId: string }
  | { readonly type: 'WrongDecision'; readonly approvalId: string; readonly allowed: readonly Decision[] }
  | { readonly type: 'StaleDigest'; readonly approvalId: string }
  | { readonly type: 'MessageNotFound'; readonly messageId: string }
  | { readonly type: 'InvalidInput'; readonly issues: readonly InputIssue[] }

/**
 * Refusals that are found before, or beside, the decision about one run; what each tells stands with the use cases
 * (`commands/kit/answers.ts`).
 */
export type ObjectionType =
  | 'AlreadyContinued'
  | 'AmbiguousRun'
  | 'ConcurrencyConflict'
  | 'Forbidden'
  | 'NoActiveRun'
  | 'NothingToClaim'
  | 'OperationNotFinishable'
  | 'OperationNotStartable'
  | 'RunNotFound'
  | 'TokenNotFound'
  | 'WorkflowMismatch'
  | 'WorkflowNotFound'
  | 'WorkspaceNotFound'
  | 'WorkspaceNotReady'
  | 'WorkspaceOperationNotFound'
  | 'WorkspaceTaken'

/** The type of anything that a command can be refused with. */
export type RefusalType = Refusal['type'] | ObjectionType

/** The refusals of these types. */
export type RefusalNamed<T extends RefusalType> = Extract<Refusal, { readonly type: T }>

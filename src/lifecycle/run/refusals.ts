import type { Instant } from './run.ts'
import type {
  ApprovalStatus,
  Decision,
  DirectiveKind,
  EvidenceKind,
  NotFoundKind,
  NotResumableCause,
  PhaseStatus,
  RunStatus,
  SessionStatus,
} from './enums.ts'

/** One piece of evidence that the run lacks to be COMPLETED. */
export interface MissingEvidence {
  readonly kind: EvidenceKind
  readonly phase: string | null
  readonly detail: string
}

/** One mistake in an input: its path and a message. */
export interface InputIssue {
  readonly path: readonly string[]
  readonly message: string
}

/** The phase command that was refused. */
export type PhaseCommand =
  | 'startPhase'
  | 'repairPhase'
  | 'failPhase'
  | 'advancePhase'
  | 'completeRound'
  | 'submitArtifact'
  | 'requestApproval'
  | 'recordPrompt'

/** A phase command that the graph, or the run's position in it, does not admit. */
export interface IllegalTransition {
  /** The run's current phase. */
  readonly from: string
  /** The phase named by the command. */
  readonly to: string
  /** The phases that the run may advance to instead. */
  readonly allowed: readonly string[]
  readonly command: PhaseCommand
  /** Status of the current phase. */
  readonly phaseStatus: PhaseStatus
  /** The phases that can be advanced to now. */
  readonly reachable: readonly string[]
  /** The successors of the current phase in the graph. */
  readonly next: readonly string[]
  readonly roundEndsAt: string | null
  /** True if another round was requested and the workflow's limit of rounds is reached. */
  readonly isPastLastRound: boolean
}

/** The holder of a run, as shown to a caller that was refused because of it. */
export interface Holder {
  readonly owner: string
  /** When the lease expires; null: the claim has no lease. */
  readonly until: Instant | null
  /** True if the claim was made by the calling principal. */
  readonly isYours: boolean
}

/** Why a decision about one run is a refusal; a value, never an exception. */
export type Refusal =
  | {
      readonly type: 'RunNotActive'
      readonly status: RunStatus
      /** The current directive, if the caller holds the live claim. */
      readonly directive?: DirectiveKind
    }
  | { readonly type: 'RevisionConflict'; readonly expected: number; readonly actual: number }
  | { readonly type: 'LeaseLost'; readonly yourFence: number; readonly currentFence: number }
  | { readonly type: 'IdempotencyMismatch'; readonly differingPaths: readonly string[] }
  | {
      readonly type: 'NotClaimable'
      readonly status: RunStatus
      readonly holder: Holder | null
      /** When it can be claimed, if it waits for a time; otherwise null. */
      readonly claimableAt: Instant | null
      /** What it waits for. */
      readonly waitsFor: string | null
      /** Ids of the children that it waits for, if it was released until they end. */
      readonly children: readonly string[]
    }
  | { readonly type: 'NotPausable'; readonly status: RunStatus }
  | {
      readonly type: 'NotResumable'
      readonly status: RunStatus
      readonly because: NotResumableCause
      /** The last run of the chain that continues this one, if that is the reason; otherwise null. */
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
      /** The last run of the chain that continues this one, if that is the reason; otherwise null. */
      readonly continuedBy: string | null
      readonly holder: Holder | null
    }
  | ({ readonly type: 'IllegalTransition' } & IllegalTransition)
  | { readonly type: 'UnknownPhase'; readonly phase: string; readonly known: readonly string[] }
  | { readonly type: 'ExecutionAlreadyFinished'; readonly executionId: string }
  | {
      readonly type: 'IllegalSessionTransition'
      readonly sessionId: string
      readonly from: SessionStatus
      readonly to: SessionStatus
      readonly allowed: readonly SessionStatus[]
    }
  | { readonly type: 'PromptAlreadySent'; readonly sessionId: string; readonly dedupKey: string }
  | { readonly type: 'TranscriptGap'; readonly expectedSeq: number }
  | {
      readonly type: 'AlreadyDecided'
      readonly approvalId: string
      /** What was decided, and by whom. */
      readonly status: ApprovalStatus
      readonly by: string | null
    }
  | { readonly type: 'ApprovalExpired'; readonly approvalId: string }
  | { readonly type: 'WrongDecision'; readonly approvalId: string; readonly allowed: readonly Decision[] }
  | { readonly type: 'StaleDigest'; readonly approvalId: string }
  | { readonly type: 'NotFound'; readonly kind: Exclude<NotFoundKind, 'WORKFLOW'>; readonly id: string }
  | {
      readonly type: 'NotFound'
      readonly kind: 'WORKFLOW'
      /** The requested name. */
      readonly id: string
      /** The requested version, if any. */
      readonly version: number | null
      /** The names that there are. */
      readonly known: readonly string[]
    }
  | { readonly type: 'InvalidInput'; readonly issues: readonly InputIssue[] }

/**
 * Refusals found before or besides the decision about one run; their payloads are declared by the use cases
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
  | 'StepRefused'
  | 'WorkflowMismatch'
  | 'WorkspaceNotReady'
  | 'WorkspaceTaken'

/** The type of anything that a command can be refused with. */
export type RefusalType = Refusal['type'] | ObjectionType

/** The refusals of these types. */
export type RefusalNamed<T extends RefusalType> = Extract<Refusal, { readonly type: T }>

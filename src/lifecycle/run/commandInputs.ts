import type { AnswerSchema, Permission } from './questions.ts'
import type { ArtifactProblem, Instant, Json, PhaseError } from './run.ts'
import type {
  ApprovalKind,
  Decision,
  ExpiryPolicy,
  FailReason,
  InTurnKind,
  MessageMode,
  PromptStage,
  Receipt,
  ReportedEnd,
  RunReason,
  RunStatus,
  SessionStatus,
} from './enums.ts'

/** A requested claim. */
export interface ClaimRequest {
  readonly owner: string
  /** Lease period in seconds, 5 to 3600; 0: no lease. */
  readonly leaseSeconds: number
  /** The kinds of questions that the owner can wait for in the middle of a turn; left out: none. */
  readonly kinds?: readonly InTurnKind[] | null | undefined
}

interface Driving {
  /** The fence of the caller's claim; null if it was left out. */
  readonly fence: number | null
}

/** The recovery question that a failed phase puts to a person. */
export interface Recovery {
  readonly gate: string
  readonly question: string
  readonly payload: Json
  /** The session that needs a person. */
  readonly sessionId: string | null
  readonly expiresInSeconds: number | null
}

/** What every command about a run may have. */
interface Conditional {
  /** The revision that the caller's decision is based on; null or left out: any. */
  readonly ifRevision?: number | null | undefined
}

/** A command about one run, the input of `decide`; field names match those of the API's input. */
export type Command = Conditional & Asked

type Asked =
  | ({ readonly type: 'claimRun' } & ClaimRequest)
  | {
      readonly type: 'releaseRun'
      readonly fence: number
      /** The run can't be claimed before this time; null: no delay. */
      readonly claimableAt: Instant | null
      /** What the run waits for, for display. */
      readonly waitsFor: string | null
      /** True if the owner could not start: the queue limit keeps counting from where it did before the claim. */
      readonly isBlocked: boolean
      /** True if the run can't be claimed while an attached child of it is active. */
      readonly isWaitingForChildren: boolean
    }
  | { readonly type: 'pauseRun'; readonly comment: string | null }
  | {
      readonly type: 'resumeRun'
      readonly comment: string | null
      readonly claim: ClaimRequest | null
    }
  | ({ readonly type: 'completeRun'; readonly output: Json } & Driving)
  | ({ readonly type: 'failRun'; readonly error: string; readonly reason: FailReason } & Driving)
  | { readonly type: 'cancelRun'; readonly comment: string | null; readonly isCascading: boolean }
  | { readonly type: 'confirmCancel'; readonly fence: number }
  | { readonly type: 'deleteRun' }
  | ({ readonly type: 'advancePhase'; readonly to: string } & Driving)
  | ({
      readonly type: 'startPhase'
      readonly phase: string
      readonly isRepair: boolean
      readonly because: string | null
    } & Driving)
  | ({
      readonly type: 'failPhase'
      readonly phase: string
      readonly error: PhaseError
      readonly recovery: Recovery | null
    } & Driving)
  | ({ readonly type: 'completeRound'; readonly summary: Json } & Driving)
  | ({
      readonly type: 'startExecution'
      readonly executionId: string
      readonly phase: string | null
      readonly command: string
      readonly pid: number | null
    } & Driving)
  | {
      readonly type: 'finishExecution'
      readonly executionId: string
      readonly exitCode: number | null
      readonly signal: string | null
      readonly end: ReportedEnd
    }
  | ({
      readonly type: 'openSession'
      readonly sessionId: string
      readonly role: string
      readonly adapter: string
      /** Null: keeps the session's present handle. */
      readonly handle: Json
      /** The session that it has to be, so that none is opened in its place; null: the live one, or a new one. */
      readonly only: string | null
    } & Driving)
  | ({
      readonly type: 'updateSession'
      readonly sessionId: string
      readonly status: SessionStatus
      readonly detail: Json
    } & Driving)
  | ({
      readonly type: 'recordPrompt'
      readonly sessionId: string
      readonly phase: string
      readonly dedupKey: string
      readonly stage: PromptStage
      readonly isRepair: boolean
    } & Driving)
  | ({
      readonly type: 'submitArtifact'
      readonly artifactId: string
      readonly phase: string
      readonly path: string
      readonly sha256: string
      readonly size: number
      /** Validation problems found by the server; empty: the file is valid. */
      readonly problems: readonly ArtifactProblem[]
      /** The git tree of the worktree; null: it was not told. */
      readonly tree: string | null
    } & Driving)
  | ({
      readonly type: 'requestApproval'
      readonly phase: string | null
      readonly gate: string
      readonly kind: ApprovalKind
      readonly question: string
      readonly payload: Json
      readonly approvers: readonly string[]
      readonly isSelfApprovalAllowed: boolean
      /** Null: without a limit, or the default for a question asked in a turn. */
      readonly expiresInSeconds: number | null
      readonly onExpiry: ExpiryPolicy
      /** The session that asks in the middle of a turn. */
      readonly sessionId: string | null
      /** What a PERMISSION is asked for. */
      readonly permission: Permission | null
      /** What may be answered to a QUESTION; null: any text. */
      readonly answerSchema: AnswerSchema | null
      /** The git tree of the worktree; null: it was not told. */
      readonly tree: string | null
    } & Driving)
  | {
      readonly type: 'decideApproval'
      readonly approvalId: string
      readonly decision: Decision
      readonly digest: string
      readonly comment: string | null
      /** The value of an ANSWER; null for other decisions. */
      readonly answer: Json
    }
  | ({ readonly type: 'withdrawApproval'; readonly approvalId: string } & Driving)
  | {
      readonly type: 'sendMessage'
      readonly messageId: string
      readonly text: string
      readonly mode: MessageMode
    }
  | ({
      readonly type: 'acknowledgeMessage'
      readonly messageId: string
      readonly receipt: Receipt
      /** How it reached the agent; null: as it was sent. */
      readonly mode: MessageMode | null
    } & Driving)
  /** Detaches a child from its parent. */
  | { readonly type: 'detachRun'; readonly comment: string | null }
  /** An attached child of this run starts, or is resumed after a failure. */
  | { readonly type: 'noteChildStarted'; readonly childId: string; readonly epoch: number }
  /** A child of this run was detached. */
  | { readonly type: 'noteChildDetached'; readonly childId: string }
  /** A child of this run has settled. */
  | {
      readonly type: 'noteChild'
      readonly childId: string
      readonly status: RunStatus
      readonly reason: RunReason | null
      readonly epoch: number
    }
  /** Applies due changes only: used by the sweep, and by every read that finds a lost owner. */
  | { readonly type: 'sweep' }

export type CommandType = Command['type']
export type CommandOf<T extends CommandType> = Extract<Command, { type: T }>

import type { ArtifactProblem, Instant, Json, PhaseError } from './run.ts'
import type {
  ApprovalKind,
  Decision,
  ExpiryPolicy,
  FailReason,
  MessageMode,
  PromptStage,
  Receipt,
  ReportedEnd,
  RunReason,
  RunStatus,
  SessionStatus,
} from './words.ts'

/** A claim as a caller asks for it. */
export interface ClaimRequest {
  readonly owner: string
  /** Period of the lease in seconds, 5 to 3600; 0: no lease. */
  readonly leaseSeconds: number
}

interface Driving {
  /** The fence of the claim the caller holds; null where it was left out. */
  readonly fence: number | null
}

/** The question that a failed phase puts to a person. */
export interface Recovery {
  readonly gate: string
  readonly question: string
  readonly payload: Json
  /** The session that needs the person. */
  readonly sessionId: string | null
  readonly expiresInSeconds: number | null
}

interface Conditional {
  /** The revision the caller decided on; null: whatever it is. */
  readonly ifRevision: number | null
}

/** A command about one run, as `decide` takes it; its field names are those of the API's input. */
export type Command =
  | ({ readonly type: 'claimRun' } & ClaimRequest)
  | {
      readonly type: 'releaseRun'
      readonly fence: number
      /** Nobody is to claim it before; null: anybody may, at once. */
      readonly notBefore: Instant | null
      /** What it waits for, to be shown. */
      readonly waitsFor: string | null
      /** The owner could not begin: the queue limit counts on from when it had counted from. */
      readonly blocked: boolean
      /** Whether nobody is to claim it while an attached child of it is active. */
      readonly untilChildren: boolean
    }
  | ({ readonly type: 'pauseRun'; readonly comment: string | null } & Conditional)
  | ({
      readonly type: 'resumeRun'
      readonly comment: string | null
      readonly claim: ClaimRequest | null
    } & Conditional)
  | ({ readonly type: 'completeRun'; readonly output: Json } & Driving & Conditional)
  | ({ readonly type: 'failRun'; readonly error: string; readonly reason: FailReason } & Driving)
  | ({ readonly type: 'cancelRun'; readonly comment: string | null; readonly cascade: boolean } & Conditional)
  | { readonly type: 'confirmCancel'; readonly fence: number }
  | { readonly type: 'deleteRun' }
  | ({ readonly type: 'advancePhase'; readonly to: string } & Driving & Conditional)
  | ({
      readonly type: 'startPhase'
      readonly phase: string
      readonly repair: boolean
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
      /** Null: what the session had. */
      readonly handle: Json
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
      readonly repair: boolean
    } & Driving)
  | ({
      readonly type: 'submitArtifact'
      readonly artifactId: string
      readonly phase: string
      readonly path: string
      readonly sha256: string
      readonly size: number
      /** What the server found wrong with it; empty: it is valid. */
      readonly problems: readonly ArtifactProblem[]
    } & Driving)
  | ({
      readonly type: 'requestApproval'
      readonly phase: string | null
      readonly gate: string
      readonly kind: ApprovalKind
      readonly question: string
      readonly payload: Json
      readonly approvers: readonly string[]
      readonly allowSelfApproval: boolean
      readonly expiresInSeconds: number | null
      readonly onExpiry: ExpiryPolicy
    } & Driving)
  | {
      readonly type: 'decideApproval'
      readonly approvalId: string
      readonly decision: Decision
      readonly digest: string
      readonly comment: string | null
    }
  | {
      readonly type: 'sendMessage'
      readonly messageId: string
      readonly text: string
      readonly mode: MessageMode
    }
  | ({ readonly type: 'acknowledgeMessage'; readonly messageId: string; readonly receipt: Receipt } & Driving)
  /** Lets a child live and end by itself. */
  | ({ readonly type: 'detachRun'; readonly comment: string | null } & Conditional)
  /** An attached child of this run begins, or is taken up again after it had failed. */
  | { readonly type: 'noteChildStarted'; readonly childId: string; readonly epoch: number }
  /** A child of this run is attached no more. */
  | { readonly type: 'noteChildDetached'; readonly childId: string }
  /** A child of this run settled. */
  | {
      readonly type: 'noteChild'
      readonly childId: string
      readonly status: RunStatus
      readonly reason: RunReason | null
      readonly epoch: number
    }
  /** Nothing but what is due: the sweep, and every read that meets a lost owner. */
  | { readonly type: 'sweep' }

export type CommandType = Command['type']
export type CommandOf<T extends CommandType> = Extract<Command, { type: T }>

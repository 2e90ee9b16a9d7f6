import type { Json, PhaseError } from './run.ts'
import type { FailReason, ReportedEnd } from './words.ts'

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

interface Conditional {
  /** The revision the caller decided on; null: whatever it is. */
  readonly ifRevision: number | null
}

/** A command about one run, as `decide` takes it; its field names are those of the API's input. */
export type Command =
  | ({ readonly type: 'claimRun' } & ClaimRequest)
  | { readonly type: 'releaseRun'; readonly fence: number }
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
  | ({ readonly type: 'failPhase'; readonly phase: string; readonly error: PhaseError } & Driving)
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
  /** Nothing but what is due: the sweep, and every read that meets a lost owner. */
  | { readonly type: 'sweep' }

export type CommandType = Command['type']
export type CommandOf<T extends CommandType> = Extract<Command, { type: T }>

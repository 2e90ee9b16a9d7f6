import type { WorkflowDefinition } from '../../src/lifecycle/workflow/workflow.ts'
import type {
  ApprovalKind,
  ApprovalStatus,
  ExecutionEnd,
  ExpiryPolicy,
  MessageMode,
  MessageStatus,
  PhaseStatus,
  RunReason,
  RunStatus,
  SessionStatus,
} from '../../src/lifecycle/run/words.ts'

/** What the oracle believes of a claim; moments are seconds of the model's clock. */
export interface ModelClaim {
  readonly owner: string
  readonly fence: number
  readonly seconds: number
  expiresAt: number | null
}

/** What the oracle believes of a phase of the present round. */
export interface ModelPhase {
  status: PhaseStatus
  startedAt: number
  /** How often its work was rejected in this epoch. */
  rejections: number
  /** Its attempts, the last one being as the phase is. */
  readonly attempts: { readonly epoch: number; status: PhaseStatus }[]
}

/** What the oracle believes of an execution. */
export interface ModelExecution {
  readonly id: string
  /** The claim it was started under. */
  readonly fence: number
  end: ExecutionEnd | null
  /** True once its end is nobody's guess: a process told it. */
  told: boolean
}

/** What the oracle believes of a session. */
export interface ModelSession {
  readonly id: string
  readonly role: string
  adapter: string
  handle: string | null
  status: SessionStatus
  fence: number
  recoveries: number
  /** The prompt on its way, or the last one. */
  prompt: string | null
  stage: 'SENDING' | 'SENT' | null
  readonly sent: { readonly key: string; readonly attempt: number }[]
  readonly chunks: string[]
}

/** What the oracle believes of an artifact. */
export interface ModelArtifact {
  readonly id: string
  readonly phase: string
  readonly round: number
  readonly attempt: number
  readonly path: string
  readonly sha256: string
  readonly valid: boolean
}

/** What the oracle believes of an approval. */
export interface ModelApproval {
  readonly id: string
  readonly kind: ApprovalKind
  readonly gate: string
  readonly phase: string | null
  readonly round: number
  readonly attempt: number | null
  readonly digest: string
  readonly artifactSha256: string | null
  readonly requestedBy: string
  readonly approvers: readonly string[]
  readonly allowSelfApproval: boolean
  readonly expiresAt: number | null
  readonly onExpiry: ExpiryPolicy
  status: ApprovalStatus
  decidedBy: string | null
}

/** What the oracle believes of a message. */
export interface ModelMessage {
  readonly id: string
  readonly mode: MessageMode
  status: MessageStatus
}

/** A line of the log, as far as the oracle foresees it. */
export interface ModelEvent {
  readonly type: string
  readonly epoch: number
  actor: string
}

/** What the oracle believes of a run. */
export interface ModelRun {
  readonly id: string
  readonly workflow: WorkflowDefinition
  readonly concurrencyKey: string | null
  readonly parentId: string | null
  readonly depth: number
  detached: boolean
  /** Whether nobody claims it while an attached child is active. */
  awaitsChildren: boolean
  readonly continuesId: string | null
  /** The first run of its chain. */
  readonly chainId: string
  readonly firstRound: number
  deleted: boolean
  status: RunStatus
  reason: RunReason | null
  confirmed: boolean | null
  /** Why it is being cancelled. */
  cancelReason: RunReason
  cascade: boolean
  /** Until when its owner may confirm; null unless it is being cancelled. */
  graceEndsAt: number | null
  /** How often it has settled. */
  settlings: number
  /** Whether its parent was told of its last end. */
  parentTold: boolean
  /** The ends of children that it was told of, as `child:epoch`. */
  readonly toldOf: Set<string>
  epoch: number
  fence: number
  claim: ModelClaim | null
  resumes: number
  takeovers: number
  round: number
  roundsDone: number
  roundComplete: boolean
  at: string
  phases: Map<string, ModelPhase>
  readonly executions: ModelExecution[]
  readonly sessions: ModelSession[]
  readonly artifacts: ModelArtifact[]
  readonly approvals: ModelApproval[]
  readonly messages: ModelMessage[]
  readonly log: ModelEvent[]
  /** The key of the last release after settling. */
  lastRelease: string | null
  /** Before this nobody claims it. */
  notBefore: number | null
  /** Since when the queue limit counts, or had counted before its claim, where that is not since it became QUEUED. */
  queuedFrom: number | null
  /** How long it was not RUNNING since its phase was started. */
  away: number
  epochAt: number
  statusAt: number
  activeAt: number
}

/** An accepted command that is remembered by its key. */
export interface Remembered {
  readonly input: Record<string, unknown>
  readonly runId: string
}

/** Everything the oracle believes. */
export interface Model {
  /** Seconds that have been let pass. */
  now: number
  readonly runs: ModelRun[]
  /** Accepted keys, by `operation key`. */
  readonly keys: Map<string, Remembered>
}

/** The run with this id. */
export function runOf(model: Model, id: string): ModelRun {
  const run = model.runs.find((each) => each.id === id)
  if (!run) throw new Error(`the oracle knows no run ${id}`)
  return run
}

/** The run at the end of the chain that goes on from a run; null where none continues it. */
export function endOfChain(model: Model, { id }: ModelRun): ModelRun | null {
  const next = model.runs.find(({ continuesId, deleted }) => continuesId === id && !deleted)
  return next ? (endOfChain(model, next) ?? next) : null
}

/** What the oracle expects to be answered, with what it is expected to tell. */
export type Expected =
  | {
      readonly ok: true
      readonly changed: boolean
      readonly replayed: boolean
      readonly told?: Record<string, unknown>
    }
  | { readonly ok: false; readonly type: string; readonly told?: Record<string, unknown> }

export const accepted: Expected = { ok: true, changed: true, replayed: false }
export const unchanged: Expected = { ok: true, changed: false, replayed: false }
export const replayed: Expected = { ok: true, changed: true, replayed: true }

/** A refusal, with what it is expected to tell. */
export function refused(type: string, told?: Record<string, unknown>): Expected {
  return told ? { ok: false, type, told } : { ok: false, type }
}

/** An answer that tells something beside its yes. */
export function telling(expected: Expected, told: Record<string, unknown>): Expected {
  return { ...expected, told }
}

/** Where the limits of the model lie; none is a multiple of the steps that time moves in. */
export const LIMITS = {
  cancelGraceSeconds: 300,
  orphanAfterSeconds: 864_100,
  staleAfterSeconds: 6_048_100,
  maxResumes: 1,
  maxTakeovers: 1,
  maxRework: 1,
} as const

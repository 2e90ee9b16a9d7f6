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
} from '../../src/lifecycle/run/enums.ts'

/** The model of a claim; times are seconds of the model's clock. */
export interface ModelClaim {
  readonly owner: string
  readonly fence: number
  readonly seconds: number
  expiresAt: number | null
}

/** The model of a phase of the current round. */
export interface ModelPhase {
  status: PhaseStatus
  startedAt: number
  /** How often its work was rejected in this epoch. */
  rejections: number
  /** Its attempts, the last one being as the phase is. */
  readonly attempts: { readonly epoch: number; status: PhaseStatus }[]
}

/** The model of an execution. */
export interface ModelExecution {
  readonly id: string
  /** The claim it was started under. */
  readonly fence: number
  end: ExecutionEnd | null
  /** Whether its end was reported by a process, not inferred. */
  told: boolean
}

/** The model of a session. */
export interface ModelSession {
  readonly id: string
  readonly role: string
  adapter: string
  handle: string | null
  status: SessionStatus
  fence: number
  recoveries: number
  /** The prompt being sent, or the last one. */
  prompt: string | null
  stage: 'SENDING' | 'SENT' | null
  readonly sent: { readonly key: string; readonly attempt: number }[]
  readonly entries: string[]
}

/** The model of an artifact. */
export interface ModelArtifact {
  readonly id: string
  readonly phase: string
  readonly round: number
  readonly attempt: number
  readonly path: string
  readonly sha256: string
  readonly valid: boolean
}

/** The model of an approval. */
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
  /** Of a question in a turn: the session that asks, and the program of a permission. */
  readonly session: string | null
  readonly action: string | null
  status: ApprovalStatus
  decidedBy: string | null
}

/** The model of a message. */
export interface ModelMessage {
  readonly id: string
  mode: MessageMode
  status: MessageStatus
}

/** The predicted fields of an event. */
export interface ModelEvent {
  readonly type: string
  readonly epoch: number
  actor: string
}

/** The model of a run. */
export interface ModelRun {
  readonly id: string
  readonly workflow: WorkflowDefinition
  readonly concurrencyKey: string | null
  readonly parentId: string | null
  readonly depth: number
  detached: boolean
  /** Whether it cannot be claimed while an attached child is active. */
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
  /** Whether its last end was noted on its parent. */
  parentTold: boolean
  /** The ends of children noted on it, as `child:epoch`. */
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
  /** It cannot be claimed before this. */
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

/** The oracle's model of everything. */
export interface Model {
  /** Simulated seconds passed. */
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

/** The last run of the chain that continues a run; null if none continues it. */
export function endOfChain(model: Model, { id }: ModelRun): ModelRun | null {
  const next = model.runs.find(({ continuesId, deleted }) => continuesId === id && !deleted)
  return next ? (endOfChain(model, next) ?? next) : null
}

/** The answer that the oracle expects, with expected fields. */
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

/** An expected refusal, with expected fields. */
export function refused(type: string, told?: Record<string, unknown>): Expected {
  return told ? { ok: false, type, told } : { ok: false, type }
}

/** Adds expected fields to an answer. */
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

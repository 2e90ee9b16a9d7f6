import type { WorkflowDefinition } from '../../src/lifecycle/workflow.ts'
import type { ExecutionEnd, PhaseStatus, RunReason, RunStatus } from '../../src/lifecycle/words.ts'

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
  attempts: number
  startedAt: number
}

/** What the oracle believes of an execution. */
export interface ModelExecution {
  readonly id: string
  end: ExecutionEnd | null
  /** True once its end is nobody's guess: a process told it. */
  told: boolean
}

/** What the oracle believes of a run. */
export interface ModelRun {
  readonly id: string
  readonly workflow: WorkflowDefinition
  readonly concurrencyKey: string | null
  deleted: boolean
  status: RunStatus
  reason: RunReason | null
  confirmed: boolean | null
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
  executions: ModelExecution[]
  /** The key of the last release after settling. */
  lastRelease: string | null
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

/** What the oracle expects to be answered. */
export type Expected =
  | { readonly ok: true; readonly changed: boolean; readonly replayed: boolean }
  | { readonly ok: false; readonly type: string; readonly told?: Record<string, unknown> }

export const accepted: Expected = { ok: true, changed: true, replayed: false }
export const unchanged: Expected = { ok: true, changed: false, replayed: false }
export const replayed: Expected = { ok: true, changed: false, replayed: true }

/** A refusal, with what it is expected to tell. */
export function refused(type: string, told?: Record<string, unknown>): Expected {
  return told ? { ok: false, type, told } : { ok: false, type }
}

/** Where the limits of the model lie; none is a multiple of the steps that time moves in. */
export const LIMITS = {
  cancelGraceSeconds: 30,
  orphanAfterSeconds: 86_410,
  staleAfterSeconds: 604_810,
  maxResumes: 1,
  maxTakeovers: 1,
} as const

import type { z } from 'zod'
import type {
  ApprovalKind,
  ApprovalStatus,
  ErrorClass,
  ExecutionEnd,
  ExpiryPolicy,
  MessageMode,
  MessageStatus,
  PhaseStatus,
  PromptStage,
  RunReason,
  RunStatus,
  SessionStatus,
} from './enums.ts'
import type { Answer, AnswerSchema, Permission } from './questions.ts'
import { type InTurnKind, isInTurnKind } from './enums.ts'

/** A point in time, in milliseconds since 1970 by the database's clock. */
export type Instant = number

/** JSON from clients: validated if Pawl defines its shape, otherwise opaque. */
export type Json = z.core.util.JSONType

/** An owner's claim on a run. */
export interface Claim {
  readonly owner: string
  /** Number of this claim among the run's claims; it only rises. */
  readonly fence: number
  /** Lease period in seconds; 0: claimed without a lease, never expires. */
  readonly seconds: number
  /** When the lease expires; null for a claim without a lease. */
  readonly expiresAt: Instant | null
  /** The claiming principal, by name and id; null in logs from before principals existed. */
  readonly claimedBy: string | null
  readonly claimedById: string | null
  /** The kinds of questions, asked in the middle of a turn, that the owner announced it can wait for. */
  readonly kinds: readonly InTurnKind[]
}

/** The grace period of a cancel, independent of the length of the lease. */
export interface Grace {
  readonly seconds: number
  readonly endsAt: Instant
}

/** Why a phase failed, and how to handle it. */
export interface PhaseError {
  readonly class: ErrorClass
  readonly code: string
  readonly message: string
  readonly hint: string | null
}

/** One attempt of a phase. */
export interface Attempt {
  readonly attempt: number
  readonly epoch: number
  readonly status: PhaseStatus
}

/** One node of the workflow's graph in one round. */
export interface Phase {
  readonly id: string
  readonly key: string
  readonly round: number
  /** Index in the workflow's list of phases, from 0. */
  readonly position: number
  readonly status: PhaseStatus
  /** Number of attempts started. */
  readonly attempts: number
  readonly startedAt: Instant | null
  readonly endedAt: Instant | null
  readonly error: PhaseError | null
  /** How often the work was rejected in this epoch. */
  readonly rejections: number
  readonly history: readonly Attempt[]
}

/** One operating-system process, launched for a run or without one. */
export interface Execution {
  readonly id: string
  readonly runId: string | null
  readonly phaseId: string | null
  readonly epoch: number | null
  readonly attempt: number | null
  /**
   * The claim it was started under, which may report its end; null without a run, or in logs that do not record it.
   */
  readonly fence: number | null
  readonly command: string
  readonly pid: number | null
  readonly exitCode: number | null
  readonly signal: string | null
  readonly end: ExecutionEnd | null
  /** True if the end was reported after the run had settled: a fact outside the log. */
  readonly late: boolean
  readonly startedBy: string
  /** The principal that started it; null in logs from before principals existed. */
  readonly startedById: string | null
  readonly startedAt: Instant
  readonly endedAt: Instant | null
}

/** A live agent attached to a run in a role, reached through an adapter. */
export interface Session {
  readonly id: string
  readonly role: string
  readonly adapter: string
  readonly status: SessionStatus
  /** Fence of the owner that last opened or adopted it. */
  readonly fence: number
  readonly recoveryAttempts: number
  /** The adapter's own data, readable by the next owner. */
  readonly handle: Json
  readonly lastPromptKey: string | null
  readonly lastPromptStage: PromptStage | null
  readonly lastPromptAt: Instant | null
  /** Keys of the prompts sent, each with the attempt in which it was sent. */
  readonly sent: readonly SentPrompt[]
  readonly createdAt: Instant
}

/** A prompt that was sent to a session. */
export interface SentPrompt {
  readonly key: string
  readonly phaseId: string
  readonly attempt: number
}

/** A file that a phase produced, hashed and validated by the server. Its content is stored outside the log. */
export interface Artifact {
  readonly id: string
  readonly phaseId: string
  readonly round: number
  readonly attempt: number
  readonly path: string
  /** SHA-256 of the content, in hex. */
  readonly sha256: string
  /** Size of the content in bytes of UTF-8. */
  readonly size: number
  readonly valid: boolean
  readonly problems: readonly ArtifactProblem[]
  readonly createdAt: Instant
}

/** A validation problem of an artifact: a JSON pointer into it, and a message. */
export interface ArtifactProblem {
  readonly path: string
  readonly message: string
}

/** A question that only a person can answer. */
export interface Approval {
  readonly id: string
  readonly phaseId: string | null
  readonly attempt: number | null
  readonly gate: string
  readonly kind: ApprovalKind
  readonly status: ApprovalStatus
  readonly question: string
  readonly payload: Json
  /** The session whose agent asks in the middle of a turn; null if unknown, and for other kinds. */
  readonly sessionId: string | null
  /** What a PERMISSION is asked for; null for other kinds. */
  readonly permission: Permission | null
  /** What may be answered to a QUESTION; null for other kinds. */
  readonly answerSchema: AnswerSchema | null
  /**
   * SHA-256 over run, gate, question, payload, artifact hash, attempt and the tree if it is known, and for a question asked
   * in a turn over session, permission and schema; a decision must repeat it.
   */
  readonly digest: string
  /** Hash of the artifact in question; null if there is none. */
  readonly artifactSha256: string | null
  /** The git tree of the worktree that a REVIEW is about; null if its owner did not tell it. */
  readonly tree: string | null
  readonly requestedBy: string
  readonly requestedById: string | null
  readonly requestedAt: Instant
  readonly expiresAt: Instant | null
  readonly onExpiry: ExpiryPolicy
  /** Names of the principals that may decide; empty: everyone with a sufficient role. */
  readonly approvers: readonly string[]
  readonly allowSelfApproval: boolean
  readonly decidedAt: Instant | null
  readonly decidedBy: string | null
  readonly decidedById: string | null
  readonly comment: string | null
  /** What was answered to a QUESTION; null unless ANSWERED. */
  readonly answer: Answer | null
}

/** A steering message to a live run. */
export interface Message {
  readonly id: string
  readonly text: string
  readonly mode: MessageMode
  readonly status: MessageStatus
  readonly sentBy: string
  readonly sentById: string | null
  readonly sentAt: Instant
}

/** The workflow version that a run executes. */
export interface WorkflowRef {
  readonly id: string
  readonly name: string
  readonly version: number
}

/**
 * A run with its dependent rows, at one snapshot. Loaded for a decision, it contains the phases of the current round,
 * each with its last attempt and that attempt's artifacts; the executions in flight; the live sessions; the approvals
 * of the round's last attempts, those still open, those that allow something for the rest of a live session, and those
 * about the whole run whose rejection still holds; and the messages not yet consumed. Folded from the whole log, it contains everything.
 */
export interface Run {
  readonly id: string
  readonly project: string
  readonly workflow: WorkflowRef
  readonly title: string | null
  readonly status: RunStatus
  readonly reason: RunReason | null
  readonly error: string | null
  /** Whether the owner confirmed that its processes have ended; null unless CANCELLED (G9). */
  readonly cancelConfirmed: boolean | null
  /** The reason of a cancel whose owner has not stopped yet. */
  readonly cancelReason: RunReason | null
  /** False if a cancel was requested without cascading to the children. */
  readonly cascade: boolean
  /** The time that a cancelled owner has to confirm; null unless CANCELLING. */
  readonly grace: Grace | null
  readonly epoch: number
  readonly revision: number
  readonly round: number
  /** The run's first round: 1, or the one after the last round completed by the run it continues. */
  readonly firstRound: number
  /** The highest completed round, counted across continued runs; 0 before the first. */
  readonly completedRound: number
  /** True from `round.completed` until the next attempt of the phase that completes a round. */
  readonly roundComplete: boolean
  readonly currentPhase: string
  readonly concurrencyKey: string | null
  readonly labels: readonly string[]
  readonly input: Json
  readonly output: Json
  readonly parentId: string | null
  /** True for a child that neither ends with its parent nor is waited for by it. */
  readonly detached: boolean
  /** True for a queued run that can't be claimed while an attached child of it is active. */
  readonly awaitsChildren: boolean
  readonly continuesId: string | null
  /** The id of the first run of its chain; only one run of a chain works in the workspace at a time. */
  readonly chainId: string
  /** Number of ancestors, at most 5. */
  readonly depth: number
  /** The last fence issued; 0 before the first claim. */
  readonly fence: number
  /** The claim on the row, live or expired; null if none. */
  readonly claim: Claim | null
  /** Ids of the principals that claimed it in this epoch, in the order of their first claims. */
  readonly claimants: readonly string[]
  /** Resumes from FAILED, over all epochs. */
  readonly resumes: number
  /** Takeovers after a lost owner in this epoch. */
  readonly takeovers: number
  readonly createdBy: string
  readonly createdById: string | null
  readonly createdAt: Instant
  /** The run can't be claimed before this time; null: it can be claimed once it is QUEUED. */
  readonly notBefore: Instant | null
  /** What it waits for until then, as given by its last owner. */
  readonly waitsFor: string | null
  /**
   * Start of the queue limit, if other than the time the run became QUEUED; for a claimed run, the start before the
   * claim.
   */
  readonly queuedFrom: Instant | null
  /** How long the run was not RUNNING since its phase started, in milliseconds; phase limits exclude it. */
  readonly awayMs: number
  /** When the current epoch began; the run limit counts from here. */
  readonly epochAt: Instant
  /** When the run entered its current status. */
  readonly statusAt: Instant
  readonly startedAt: Instant | null
  readonly settledAt: Instant | null
  readonly lastActivityAt: Instant
  /** When its content was removed, long after it settled; null: it was not. */
  readonly contentRemovedAt: Instant | null
  /** Who removed it. */
  readonly contentRemovedBy: string | null
  readonly contentRemovedById: string | null
  readonly phases: readonly Phase[]
  readonly executions: readonly Execution[]
  readonly sessions: readonly Session[]
  readonly artifacts: readonly Artifact[]
  readonly approvals: readonly Approval[]
  readonly messages: readonly Message[]
}

/** Returns the run's current phase. */
export function currentPhaseOf(run: Run): Phase {
  const phase = findPhase(run, run.currentPhase)
  if (!phase)
    throw new Error(`run ${run.id} is at ${run.currentPhase}, which round ${run.round} does not have`)
  return phase
}

/** Finds a phase of the current round by its key. */
export function findPhase(run: Run, key: string): Phase | undefined {
  return run.phases.find((phase) => phase.key === key && phase.round === run.round)
}

/** Returns when the queue limit of a queued run started to count. */
export function queuedSince({ queuedFrom, statusAt }: Run): Instant {
  return queuedFrom ?? statusAt
}

/** Returns when the run can be claimed, if that is in the future; otherwise null. */
export function claimableAt({ notBefore }: Run, now: Instant): Instant | null {
  return notBefore !== null && notBefore > now ? notBefore : null
}

/** Returns the claim while it is live: its lease has not expired, or it has no lease; otherwise null. */
export function liveClaim(claim: Claim | null, now: Instant): Claim | null {
  return claim !== null && (claim.expiresAt === null || claim.expiresAt > now) ? claim : null
}

/** True while an owner holds a lease that will expire by itself; the server waits only for such owners. */
export function holdsLease(claim: Claim | null, now: Instant): boolean {
  return claim !== null && claim.expiresAt !== null && claim.expiresAt > now
}

/** True for an attempt that is under way. */
export function isUnderWay(phase: Phase): boolean {
  return (
    phase.status === 'RUNNING' || phase.status === 'AWAITING_ARTIFACT' || phase.status === 'AWAITING_APPROVAL'
  )
}

/** Returns the pending approval; a run has at most one, because a request ends RUNNING. */
export function openApproval(run: Pick<Run, 'approvals'>): Approval | undefined {
  return run.approvals.find((approval) => approval.status === 'PENDING')
}

/** Returns the open question for whose answer the agent waits in the middle of its turn. */
export function openQuestionInTurn(run: Pick<Run, 'status' | 'approvals'>): Approval | undefined {
  if (run.status !== 'AWAITING_APPROVAL') return undefined
  const approval = openApproval(run)
  return approval && isInTurnKind(approval.kind) ? approval : undefined
}

/**
 * True if a person paused the run: PAUSED has only one other cause, a recovery question, which stays open that long.
 */
export function isPausedByPerson(run: Run): boolean {
  return run.status === 'PAUSED' && openApproval(run)?.kind !== 'RECOVERY'
}

/** True for a pending approval that only a person can end. */
export function waitsForEver({ status, expiresAt, onExpiry }: Approval): boolean {
  return status === 'PENDING' && (expiresAt === null || onExpiry === 'WAIT')
}

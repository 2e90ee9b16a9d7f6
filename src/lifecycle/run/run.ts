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
} from './words.ts'

/** A point in time, in milliseconds since 1970 by the database's clock. */
export type Instant = number

/** JSON as it comes from clients: validated where it has a shape, opaque where it is theirs. */
export type Json = z.core.util.JSONType

/** The hold of an owner on a run. */
export interface Claim {
  readonly owner: string
  /** Number of this claim among the run's claims, rising. */
  readonly fence: number
  /** Period of the lease in seconds; 0: claimed without a lease, never expiring. */
  readonly seconds: number
  /** When the lease expires; null for a claim without a lease. */
  readonly expiresAt: Instant | null
  /** The principal that claimed, by name and id; null where the log is of before there were any. */
  readonly claimedBy: string | null
  readonly claimedById: string | null
}

/** How long a cancel waits for its owner, whatever that one's lease. */
export interface Grace {
  readonly seconds: number
  readonly endsAt: Instant
}

/** Why a phase failed, and what to do about it. */
export interface PhaseError {
  readonly class: ErrorClass
  readonly code: string
  readonly message: string
  readonly hint: string | null
}

/** One try of a phase. */
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
  /** Place in the workflow's list of phases, from 0. */
  readonly position: number
  readonly status: PhaseStatus
  /** How many attempts were started. */
  readonly attempts: number
  readonly startedAt: Instant | null
  readonly endedAt: Instant | null
  readonly error: PhaseError | null
  /** How often the work was rejected in this epoch. */
  readonly rejections: number
  readonly history: readonly Attempt[]
}

/** One operating-system process launched for a run, or for none. */
export interface Execution {
  readonly id: string
  readonly runId: string | null
  readonly phaseId: string | null
  readonly epoch: number | null
  readonly attempt: number | null
  /** The claim it was started under, which may tell its end; null for one of no run, or of before that was kept. */
  readonly fence: number | null
  readonly command: string
  readonly pid: number | null
  readonly exitCode: number | null
  readonly signal: string | null
  readonly end: ExecutionEnd | null
  /** True where the end was told after the run had settled: a fact beside the log. */
  readonly late: boolean
  readonly startedBy: string
  /** The principal, as everywhere beside the name; null where the log is of before there were any. */
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
  /** Fence of the owner that opened or adopted it last. */
  readonly fence: number
  readonly recoveryAttempts: number
  /** The adapter's own data, readable by the next owner. */
  readonly handle: Json
  readonly lastPromptKey: string | null
  readonly lastPromptStage: PromptStage | null
  readonly lastPromptAt: Instant | null
  /** Keys of the prompts sent, each with the attempt it was sent in. */
  readonly sent: readonly SentPrompt[]
  readonly createdAt: Instant
}

/** A prompt that was sent to a session. */
export interface SentPrompt {
  readonly key: string
  readonly phaseId: string
  readonly attempt: number
}

/** A file that a phase produced, hashed and validated by the server. Its content is kept beside the log. */
export interface Artifact {
  readonly id: string
  readonly phaseId: string
  readonly round: number
  readonly attempt: number
  readonly path: string
  /** SHA-256 of the content, in hex. */
  readonly sha256: string
  /** Bytes of the content in UTF-8. */
  readonly size: number
  readonly valid: boolean
  readonly problems: readonly ArtifactProblem[]
  readonly createdAt: Instant
}

/** What is wrong with an artifact: a JSON pointer into it, and words. */
export interface ArtifactProblem {
  readonly path: string
  readonly message: string
}

/** A question that only a person may answer. */
export interface Approval {
  readonly id: string
  readonly phaseId: string | null
  readonly attempt: number | null
  readonly gate: string
  readonly kind: ApprovalKind
  readonly status: ApprovalStatus
  readonly question: string
  readonly payload: Json
  /** SHA-256 over gate, question, payload, artifact hash and attempt: what the decision must repeat. */
  readonly digest: string
  /** Hash of the artifact it is about; null where it is about none. */
  readonly artifactSha256: string | null
  readonly requestedBy: string
  readonly requestedById: string | null
  readonly requestedAt: Instant
  readonly expiresAt: Instant | null
  readonly onExpiry: ExpiryPolicy
  /** Names of those who may decide; empty: whoever has the role. */
  readonly approvers: readonly string[]
  readonly allowSelfApproval: boolean
  readonly decidedAt: Instant | null
  readonly decidedBy: string | null
  readonly decidedById: string | null
  readonly comment: string | null
}

/** Steering text sent to a live run. */
export interface Message {
  readonly id: string
  readonly text: string
  readonly mode: MessageMode
  readonly status: MessageStatus
  readonly sentBy: string
  readonly sentById: string | null
  readonly sentAt: Instant
}

/** Which workflow a run executes. */
export interface WorkflowRef {
  readonly id: string
  readonly name: string
  readonly version: number
}

/**
 * A run with what hangs below it, at one snapshot. Loaded for a decision it carries the phases of the present
 * round, each with its last attempt and that attempt's artifacts, the executions in flight, the live sessions, the approvals
 * of the round's last attempts, those still open, those about the run as a whole whose no still stands, and the messages on their way; folded from the whole log it carries everything.
 */
export interface Run {
  readonly id: string
  readonly project: string
  readonly workflow: WorkflowRef
  readonly title: string | null
  readonly status: RunStatus
  readonly reason: RunReason | null
  readonly error: string | null
  /** Whether the owner confirmed that its processes are gone; null unless CANCELLED (G9). */
  readonly cancelConfirmed: boolean | null
  /** Why it is being cancelled, while its owner has not yet stopped. */
  readonly cancelReason: RunReason | null
  /** False where a cancel asked to leave the children alone. */
  readonly cascade: boolean
  /** The time that a cancelled owner has to confirm; null unless CANCELLING. */
  readonly grace: Grace | null
  readonly epoch: number
  readonly revision: number
  readonly round: number
  /** The round the run began with: 1, or the one after the last that the run it continues had completed. */
  readonly firstRound: number
  /** The greatest round completed, counted over continued runs; 0 before the first. */
  readonly completedRound: number
  /** True from `round.completed` to the next attempt of the phase that completes a round. */
  readonly roundComplete: boolean
  readonly currentPhase: string
  readonly concurrencyKey: string | null
  readonly labels: readonly string[]
  readonly input: Json
  readonly output: Json
  readonly parentId: string | null
  /** True for a child that neither ends with its parent nor is waited for by it. */
  readonly detached: boolean
  /** True for a queued run that nobody claims while an attached child of it is active. */
  readonly awaitsChildren: boolean
  readonly continuesId: string | null
  /** The id of the first run of its chain: of a chain one run at a time works in the workspace. */
  readonly chainId: string
  /** How many parents stand above, at most 5. */
  readonly depth: number
  /** The last fence given out; 0 before the first claim. */
  readonly fence: number
  /** The claim on the row, live or expired; null where none is. */
  readonly claim: Claim | null
  /** Ids of the principals that claimed it in this epoch, in the order in which they first did. */
  readonly claimants: readonly string[]
  /** Resumes from FAILED so far, over all epochs. */
  readonly resumes: number
  /** Takeovers after a lost owner in this epoch. */
  readonly takeovers: number
  readonly createdBy: string
  readonly createdById: string | null
  readonly createdAt: Instant
  /** Before this nobody claims the run; null: it may be claimed once it is QUEUED. */
  readonly notBefore: Instant | null
  /** What it waits for until then, in its last owner's words. */
  readonly waitsFor: string | null
  /** Since when the queue limit counts, where that is not since the run became QUEUED; of a claimed run, since when it counted. */
  readonly queuedFrom: Instant | null
  /** How long the run was not RUNNING since its phase was started, in milliseconds: phase limits don't count that. */
  readonly awayMs: number
  /** When the present epoch began; the run limit is counted from here. */
  readonly epochAt: Instant
  /** Since when the run has its present status. */
  readonly statusAt: Instant
  readonly startedAt: Instant | null
  readonly settledAt: Instant | null
  readonly lastActivityAt: Instant
  readonly phases: readonly Phase[]
  readonly executions: readonly Execution[]
  readonly sessions: readonly Session[]
  readonly artifacts: readonly Artifact[]
  readonly approvals: readonly Approval[]
  readonly messages: readonly Message[]
}

/** The phase the run stands at. */
export function currentPhaseOf(run: Run): Phase {
  const phase = findPhase(run, run.currentPhase)
  if (!phase)
    throw new Error(`run ${run.id} stands at ${run.currentPhase}, which round ${run.round} does not have`)
  return phase
}

/** A phase of the present round by its key. */
export function findPhase(run: Run, key: string): Phase | undefined {
  return run.phases.find((phase) => phase.key === key && phase.round === run.round)
}

/** Since when the queue limit of a queued run counts. */
export function queuedSince({ queuedFrom, statusAt }: Run): Instant {
  return queuedFrom ?? statusAt
}

/** When the run may be claimed, where it has to wait for that; else null. */
export function claimableAt({ notBefore }: Run, now: Instant): Instant | null {
  return notBefore !== null && notBefore > now ? notBefore : null
}

/** The claim while it is good: its lease has not expired, or it was made without one. */
export function liveClaim(claim: Claim | null, now: Instant): Claim | null {
  return claim !== null && (claim.expiresAt === null || claim.expiresAt > now) ? claim : null
}

/** True while an owner holds a lease that will expire by itself: only such an owner is waited for. */
export function holdsLease(claim: Claim | null, now: Instant): boolean {
  return claim !== null && claim.expiresAt !== null && claim.expiresAt > now
}

/** True for an attempt that is under way. */
export function isUnderWay(phase: Phase): boolean {
  return (
    phase.status === 'RUNNING' || phase.status === 'AWAITING_ARTIFACT' || phase.status === 'AWAITING_APPROVAL'
  )
}

/** The approval that waits for a person; a run has at most one, because asking ends RUNNING. */
export function openApproval(run: Run): Approval | undefined {
  return run.approvals.find((approval) => approval.status === 'PENDING')
}

/** True where a person paused the run: what else leads to PAUSED is a question how to go on, which is open as long. */
export function isPausedByPerson(run: Run): boolean {
  return run.status === 'PAUSED' && openApproval(run)?.kind !== 'RECOVERY'
}

/** True for an approval that nothing but a person ends. */
export function waitsForEver({ status, expiresAt, onExpiry }: Approval): boolean {
  return status === 'PENDING' && (expiresAt === null || onExpiry === 'WAIT')
}

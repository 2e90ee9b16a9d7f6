import { createHash } from 'node:crypto'
import type { ApprovalKind, Decision, ExpiryPolicy } from '../../src/lifecycle/run/enums.ts'
import {
  graphOf,
  move,
  moveInTurn,
  note,
  phaseAt,
  setPhase,
  completePhase,
  inTurn,
  withdrawQuestion,
} from './beliefs.ts'
import {
  accepted,
  type Expected,
  type ModelApproval,
  type ModelArtifact,
  type ModelRun,
  refused,
  telling,
  unchanged,
} from './modelState.ts'
import { answerApproval } from './oracleAnswers.ts'
import { notWorkedOn, validFile } from './oraclePhases.ts'

export const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

/** An approval's question, from its requester or the workflow. */
export interface Question {
  readonly gate: string
  readonly question: string
  readonly approvers: readonly string[]
  readonly allowSelfApproval: boolean
  readonly expiresInSeconds: number | null
  readonly onExpiry: ExpiryPolicy
}

/** Who requests the approval, and its id. */
export interface Asking {
  readonly now: number
  readonly name: string
  readonly approvalId: string
}

export const toRow = ({
  id,
  kind,
  gate,
  status,
  attempt,
  digest,
  artifactSha256,
  ...asked
}: ModelApproval) => ({
  row: {
    id,
    kind,
    gate,
    status,
    attempt,
    digest,
    artifactSha256,
    sessionId: asked.session,
    requestedBy: asked.requestedBy,
    approvers: asked.approvers,
    allowSelfApproval: asked.allowSelfApproval,
    onExpiry: asked.onExpiry,
    decidedBy: asked.decidedBy,
  },
})

/** Opens an approval, bound to the digest of its content. */
function ask(
  run: ModelRun,
  { now, name, approvalId }: Asking,
  kind: ApprovalKind,
  asked: Question,
  phase: string | null,
  file: ModelArtifact | null,
): ModelApproval {
  withdrawQuestion(run, now)
  const attempt = phase === null ? null : phaseAt(run, phase).attempts.length || null
  const shown = [run.id, asked.gate, asked.question, null, file?.sha256 ?? null, attempt]
  const { question: _question, expiresInSeconds, ...kept } = asked
  const approval: ModelApproval = {
    ...kept,
    id: approvalId,
    kind,
    phase,
    round: run.round,
    attempt,
    digest: sha256(JSON.stringify(shown)),
    artifactSha256: file?.sha256 ?? null,
    requestedBy: name,
    expiresAt: expiresInSeconds === null ? null : now + expiresInSeconds,
    session: null,
    action: null,
    status: 'PENDING',
    decidedBy: null,
  }
  run.approvals.push(approval)
  note(run, 'approval.requested', now)
  if (kind === 'REVIEW' && phase !== null) setPhase(phaseAt(run, phase), 'AWAITING_APPROVAL')
  move(run, kind === 'REVIEW' ? 'AWAITING_APPROVAL' : 'PAUSED', now)
  return approval
}

/** A submitted artifact. */
export interface AskedFile {
  readonly phase: string
  readonly path: string
  readonly content: string
  /** Whether it satisfies the phase's schema. */
  readonly good: boolean
}

/** Records an artifact; `id` is the id of a new one. */
export function submitArtifact(
  run: ModelRun,
  asking: Asking,
  { phase: key, path, content, good }: AskedFile,
  id: string,
): Expected {
  const refusal = notWorkedOn(run, key)
  if (refusal) return refusal
  const { artifact: declared, approval } = graphOf(run, key)
  const isDeclared = declared?.path === path
  const file: ModelArtifact = {
    id,
    phase: key,
    round: run.round,
    attempt: phaseAt(run).attempts.length,
    path,
    sha256: sha256(content),
    valid: good || !isDeclared,
  }
  const same = run.artifacts.find(
    (each) =>
      each.phase === key &&
      each.round === file.round &&
      each.attempt === file.attempt &&
      each.path === path &&
      each.sha256 === file.sha256,
  )
  if (same) return telling(unchanged, toFileRow(same))
  run.artifacts.push(file)
  note(run, file.valid ? 'artifact.validated' : 'artifact.invalid', asking.now)
  if (file.valid && isDeclared) {
    if (approval) ask(run, asking, 'REVIEW', approval, key, file)
    else completePhase(run, asking.now)
  }
  return telling(accepted, toFileRow(file))
}

const toFileRow = ({ id, round, attempt, path, sha256, valid }: ModelArtifact) => ({
  row: { id, round, attempt, path, sha256, valid },
})

/** Requests an approval of the phase in progress or of the run. */
export function requestApproval(
  run: ModelRun,
  asking: Asking,
  kind: ApprovalKind,
  question: Question,
  key: string | null,
): Expected {
  if (run.status !== 'RUNNING') return refused('RunNotActive', { status: run.status })
  if (key === null) return telling(accepted, toRow(ask(run, asking, kind, question, null, null)))
  const refusal = notWorkedOn(run, key)
  if (refusal) return refusal
  const { artifact, approval: declared } = graphOf(run, key)
  const file = validFile(run, key) ?? null
  if (kind === 'REVIEW' && artifact?.required && !file)
    return refused('NotCompletable', { status: run.status, missing: [{ kind: 'ARTIFACT', phase: key }] })
  if (declared && kind === 'REVIEW' && declared.gate !== question.gate) return refused('InvalidInput')
  // At a gate declared by the workflow, the workflow sets the question and the approvers.
  const asked = declared && kind === 'REVIEW' ? declared : question
  return telling(accepted, toRow(ask(run, asking, kind, asked, key, file)))
}

/** The settings of a recovery approval: it never expires, and anybody may decide it. */
const RECOVERY = { approvers: [], allowSelfApproval: true, onExpiry: 'WAIT' } as const

export function failPhase(
  run: ModelRun,
  asking: Asking,
  key: string,
  recovery: {
    readonly gate: string
    readonly question: string
    readonly sessionId: string | null
    readonly expiresInSeconds: number | null
  } | null,
): Expected {
  const refusal = notWorkedOn(run, key)
  if (refusal) return refusal
  const { sessionId = null, gate = '', question = '', expiresInSeconds = null } = recovery ?? {}
  const session = run.sessions.find(({ id, status }) => id === sessionId && status !== 'DISPOSED')
  if (sessionId !== null && !session) return refused('NotFound')
  setPhase(phaseAt(run), 'FAILED')
  if (session) session.status = 'FAILED_NEEDS_HUMAN'
  note(run, 'phase.failed', asking.now)
  if (recovery) ask(run, asking, 'RECOVERY', { ...RECOVERY, gate, question, expiresInSeconds }, key, null)
  return accepted
}

/** Whether a name may answer at all, whatever it answers: it must be named, and the work not be its own where that is ruled out. */
export function mayDecide(
  { log, epoch }: ModelRun,
  { approvers, allowSelfApproval, requestedBy }: ModelApproval,
  name: string,
): boolean {
  if (approvers.length > 0 && !approvers.includes(name)) return false
  const claimants = log.filter((each) => each.type === 'run.claimed' && each.epoch === epoch)
  const own = [requestedBy, log[0]?.actor, ...claimants.map(({ actor }) => actor)]
  return allowSelfApproval || !own.includes(name)
}

const DECISIONS_OF: Readonly<Record<ApprovalKind, readonly Decision[]>> = {
  REVIEW: ['APPROVE', 'REJECT'],
  RECOVERY: ['RETRY', 'ABORT'],
  PERMISSION: ['ALLOW', 'ALLOW_ALWAYS', 'DENY'],
  QUESTION: ['ANSWER', 'DECLINE'],
}

const STATUS = {
  APPROVE: 'APPROVED',
  REJECT: 'REJECTED',
  RETRY: 'RETRIED',
  ABORT: 'ABORTED',
  ALLOW: 'ALLOWED',
  ALLOW_ALWAYS: 'ALLOWED_ALWAYS',
  DENY: 'DENIED',
  ANSWER: 'ANSWERED',
  DECLINE: 'DECLINED',
} as const satisfies Record<Decision, ModelApproval['status']>

export function decideApproval(
  run: ModelRun,
  now: number,
  id: string,
  { decision, digest, name }: { decision: Decision; digest: string; name: string },
): Expected {
  const approval = run.approvals.find((each) => each.id === id)
  if (!approval) throw new Error(`the oracle knows no approval ${id}`)
  const { status, kind } = approval
  if (status === 'EXPIRED') return refused('ApprovalExpired')
  if (status !== 'PENDING' && status !== 'VOID')
    return refused('AlreadyDecided', { status, by: approval.decidedBy })
  if (status === 'VOID' || !['AWAITING_APPROVAL', 'PAUSED'].includes(run.status))
    return refused('RunNotActive', { status: run.status })
  const allowed = DECISIONS_OF[kind].filter((each) => each !== 'ALLOW_ALWAYS' || approval.session !== null)
  if (!allowed.includes(decision)) return refused('WrongDecision', { allowed })
  if (digest !== approval.digest) return refused('StaleDigest')
  approval.status = STATUS[decision]
  approval.decidedBy = name
  note(run, 'approval.decided', now)
  if (inTurn(kind)) moveInTurn(run, 'RUNNING', now)
  else answerApproval(run, approval, decision, now)
  return telling(accepted, toRow(approval))
}

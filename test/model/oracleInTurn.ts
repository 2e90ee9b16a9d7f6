import { knowsQuestions } from './choices.ts'
import {
  inTurn,
  isAsking,
  isAtWork,
  isLeased,
  moveInTurn,
  note,
  phaseAt,
  withdrawQuestion,
} from './beliefs.ts'
import {
  accepted,
  type Expected,
  type ModelApproval,
  type ModelRun,
  refused,
  telling,
  unchanged,
} from './modelState.ts'
import { type Asking, sha256, toRow } from './oracleApprovals.ts'

/** A question that an agent asks in the middle of its turn. */
export interface InTurnQuestion {
  readonly kind: 'PERMISSION' | 'QUESTION'
  readonly session: string | null
  /** The program that a permission is asked for. */
  readonly program: string
  readonly expiresInSeconds: number | null
}

/** How long a question waits that does not say. */
const QUARTER_OF_AN_HOUR = 900

/** The words of a question, and the answers that it admits: those of a question that says nothing of them. */
export const WORDS = { gate: 'turn', question: 'May it be?' } as const
const ANY_TEXT = '{"properties":{"answer":{"type":"string"}},"required":["answer"],"type":"object"}'

/** Opens a question while the owner stays, unless the same was allowed for the rest of the session. */
export function askInTurn(
  run: ModelRun,
  { now, name, approvalId }: Asking,
  { kind, session, program, expiresInSeconds }: InTurnQuestion,
  phase: string | null,
): Expected {
  const waits = refused('RunNotActive', { status: run.status })
  if (!isAtWork(run)) return waits
  if (!isLeased(run.claim, now) || !knowsQuestions(run.claim?.owner ?? '')) return refused('InvalidInput')
  const isLive = run.sessions.some(({ id, status }) => id === session && status !== 'DISPOSED')
  if (session !== null && !isLive) return refused('NotFound')
  const action = kind === 'PERMISSION' ? program : null
  const standing = run.approvals.findLast(
    (each) =>
      each.status === 'ALLOWED_ALWAYS' &&
      session !== null &&
      each.session === session &&
      each.action === action,
  )
  if (standing) return telling(unchanged, toRow(standing))
  if (isAsking(run)) return waits
  if (phase !== null && !run.phases.has(phase)) return refused('UnknownPhase', { phase })
  if (phase !== null && phase !== run.at) return refused('IllegalTransition', { from: run.at, to: phase })
  const attempt = phase === null ? null : phaseAt(run).attempts.length || null
  const permission =
    action === null ? 'null' : `{"kind":"EXECUTE","path":null,"program":${JSON.stringify(action)}}`
  const schema = kind === 'QUESTION' ? ANY_TEXT : 'null'
  const shown = [run.id, WORDS.gate, WORDS.question, null, null, attempt, session].map((each) =>
    JSON.stringify(each),
  )
  const approval: ModelApproval = {
    id: approvalId,
    kind,
    gate: WORDS.gate,
    phase,
    round: run.round,
    attempt,
    digest: sha256(`[${[...shown, permission, schema].join(',')}]`),
    artifactSha256: null,
    requestedBy: name,
    approvers: [],
    allowSelfApproval: true,
    expiresAt: now + (expiresInSeconds ?? QUARTER_OF_AN_HOUR),
    onExpiry: 'CONTINUE',
    session,
    action,
    status: 'PENDING',
    decidedBy: null,
  }
  run.approvals.push(approval)
  note(run, 'approval.requested', now)
  moveInTurn(run, 'AWAITING_APPROVAL', now)
  return telling(accepted, toRow(approval))
}

/** What the owner is told that no longer asks. */
export function withdrawApproval(run: ModelRun, now: number, id: string): Expected {
  const approval = run.approvals.find((each) => each.id === id)
  if (!approval) throw new Error(`the oracle knows no approval ${id}`)
  if (!inTurn(approval.kind)) return refused('RunNotActive', { status: run.status })
  if (approval.status === 'VOID') return telling(unchanged, toRow(approval))
  if (approval.status !== 'PENDING')
    return refused('AlreadyDecided', { status: approval.status, by: approval.decidedBy })
  withdrawQuestion(run, now)
  return telling(accepted, toRow(approval))
}

import type { Actor } from '../run/actor.ts'
import { type AnswerSchema, isSamePermission, type Permission } from '../run/questions.ts'
import type { Approval, Json, Run } from '../run/run.ts'
import type { ApprovalKind, Decision } from '../run/enums.ts'

/** The decisions that each kind of approval admits. */
export const ALLOWED_DECISIONS = {
  REVIEW: ['APPROVE', 'REJECT'],
  RECOVERY: ['RETRY', 'ABORT'],
  PERMISSION: ['ALLOW', 'ALLOW_ALWAYS', 'DENY'],
  QUESTION: ['ANSWER', 'DECLINE'],
} as const satisfies Record<ApprovalKind, readonly Decision[]>

/**
 * Returns the decisions that an approval admits. ALLOW_ALWAYS lasts for a session and is bound to a program or a path:
 * without both it would allow more than what was shown.
 */
export function decisionsOf({
  kind,
  sessionId,
  permission,
}: Pick<Approval, 'kind' | 'sessionId' | 'permission'>): readonly Decision[] {
  const isBound = sessionId !== null && (permission?.program ?? permission?.path ?? null) !== null
  return ALLOWED_DECISIONS[kind].filter((decision) => decision !== 'ALLOW_ALWAYS' || isBound)
}

/**
 * Returns the decision by which the same action is allowed always in the same session; undefined if there is none.
 */
export function findStandingPermission(
  { approvals }: Pick<Run, 'approvals'>,
  { sessionId, permission }: Pick<Approval, 'sessionId' | 'permission'>,
): Approval | undefined {
  if (sessionId === null || permission === null) return undefined
  return approvals.findLast(
    (each) =>
      each.status === 'ALLOWED_ALWAYS' &&
      each.sessionId === sessionId &&
      each.permission !== null &&
      isSamePermission(each.permission, permission),
  )
}

/** Why a principal may not decide an approval. */
export type Disqualification = 'NOT_NAMED' | 'ASKED' | 'STARTED' | 'CLAIMED'

/**
 * Returns why the principal may not decide; null if it may. Without self-approval, the principal that requested the
 * approval, started the run, or holds or held its claim in this epoch is excluded: an agent acts on behalf of the
 * principal that claimed.
 */
export function findDisqualification(
  run: Run,
  approval: Approval,
  { id, name }: Pick<Actor, 'id' | 'name'>,
): Disqualification | null {
  const { approvers, allowSelfApproval, requestedBy, requestedById } = approval
  // names are never reused, so a name identifies one principal
  if (approvers.length > 0 && !approvers.includes(name)) return 'NOT_NAMED'
  if (allowSelfApproval) return null
  // logs from before principals existed record only the name
  if (requestedById === null ? requestedBy === name : requestedById === id) return 'ASKED'
  if (run.createdById === id) return 'STARTED'
  return run.claimants.includes(id) || run.claim?.claimedById === id ? 'CLAIMED' : null
}

/** The content of an approval that its digest covers. */
export interface Shown {
  /** Approvals of two runs never have the same digest: what their runs changed differs, even where they ask the same. */
  readonly runId: string
  readonly gate: string
  readonly question: string
  readonly payload: Json
  readonly artifactSha256: string | null
  readonly attempt: number | null
  /** The git tree of the worktree; null: it was not told, and is not covered. */
  readonly tree: string | null
}

/** What the digest covers besides, for a question asked in the middle of a turn. */
export interface ShownInTurn {
  readonly sessionId: string | null
  readonly permission: Permission | null
  readonly answerSchema: AnswerSchema | null
}

/**
 * Returns the text whose SHA-256 is the digest of an approval: JSON with sorted keys, so that it is the same
 * everywhere.
 */
export function digestText(
  { runId, gate, question, payload, artifactSha256, attempt, tree }: Shown,
  inTurn: ShownInTurn | null = null,
): string {
  const shown = [runId, gate, question, toSorted(payload), artifactSha256, attempt]
  if (!inTurn) return JSON.stringify(tree === null ? shown : [...shown, tree])
  const { sessionId, permission, answerSchema } = inTurn
  return JSON.stringify([
    ...shown,
    sessionId,
    toSorted(permission && { ...permission }),
    toSorted(answerSchema as Json),
  ])
}

function toSorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(toSorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, each]) => [key, toSorted(each)]))
}

import type { Actor } from '../run/actor.ts'
import type { Approval, Json, Run } from '../run/run.ts'
import type { ApprovalKind, Decision } from '../run/words.ts'

/** The decisions that each kind of approval admits. */
export const ALLOWED_DECISIONS = {
  REVIEW: ['APPROVE', 'REJECT'],
  RECOVERY: ['RETRY', 'ABORT'],
} as const satisfies Record<ApprovalKind, readonly Decision[]>

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
  readonly gate: string
  readonly question: string
  readonly payload: Json
  readonly artifactSha256: string | null
  readonly attempt: number | null
}

/**
 * Returns the text whose SHA-256 is the digest of an approval: JSON with sorted keys, so that it is the same
 * everywhere.
 */
export function digestText({ gate, question, payload, artifactSha256, attempt }: Shown): string {
  return JSON.stringify([gate, question, toSorted(payload), artifactSha256, attempt])
}

function toSorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(toSorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, each]) => [key, toSorted(each)]))
}

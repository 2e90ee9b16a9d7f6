import type { Actor } from '../run/actor.ts'
import type { Approval, Json, Run } from '../run/run.ts'
import type { ApprovalKind, Decision } from '../run/words.ts'

/** What a person may answer to each kind of approval. */
export const ALLOWED_DECISIONS = {
  REVIEW: ['APPROVE', 'REJECT'],
  RECOVERY: ['RETRY', 'ABORT'],
} as const satisfies Record<ApprovalKind, readonly Decision[]>

/** Why a principal may not answer an approval, whatever it answers. */
export type Disqualification = 'NOT_NAMED' | 'ASKED' | 'STARTED' | 'CLAIMED'

/**
 * Why the principal may not decide; null where nothing bars it. Where nobody may approve what is its own, that rules out who
 * asked, who started the run, and who holds or held its claim in this epoch: what an agent does is done for who claimed.
 */
export function findDisqualification(
  run: Run,
  approval: Approval,
  { id, name }: Pick<Actor, 'id' | 'name'>,
): Disqualification | null {
  const { approvers, allowSelfApproval, requestedBy, requestedById } = approval
  // a name is given once and never again, so it stands for one principal
  if (approvers.length > 0 && !approvers.includes(name)) return 'NOT_NAMED'
  if (allowSelfApproval) return null
  // a log of before there were principals tells the name alone
  if (requestedById === null ? requestedBy === name : requestedById === id) return 'ASKED'
  if (run.createdById === id) return 'STARTED'
  return run.claimants.includes(id) || run.claim?.claimedById === id ? 'CLAIMED' : null
}

/** What an approval is about: the digest is taken over exactly this. */
export interface Shown {
  readonly gate: string
  readonly question: string
  readonly payload: Json
  readonly artifactSha256: string | null
  readonly attempt: number | null
}

/** The text that the digest of an approval is the SHA-256 of: JSON with sorted keys, so that it is the same anywhere. */
export function digestText({ gate, question, payload, artifactSha256, attempt }: Shown): string {
  return JSON.stringify([gate, question, toSorted(payload), artifactSha256, attempt])
}

function toSorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(toSorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, each]) => [key, toSorted(each)]))
}

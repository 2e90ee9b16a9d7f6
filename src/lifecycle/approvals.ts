import type { Json } from './run.ts'
import type { ApprovalKind, Decision } from './words.ts'

/** What a person may answer to each kind of approval. */
export const DECISIONS_OF = {
  REVIEW: ['APPROVE', 'REJECT'],
  RECOVERY: ['RETRY', 'ABORT'],
} as const satisfies Record<ApprovalKind, readonly Decision[]>

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

import { createHash } from 'node:crypto'
import type { Approval, Artifact, JsonValue } from '@pawl/sdk'
import type { Invocation } from '../kit/invocation.ts'
import type { Question } from '../print/printApproval.ts'

/**
 * An approval with the file that it is about: the artifact of the phase whose hash is part of the digest. The digest is computed again
 * from what will be shown, so that a person decides about exactly that. Null if there is no such approval.
 */
export async function readQuestion({ pawl }: Invocation, id: string): Promise<Question | null> {
  const approval = await pawl.approvals.get(id)
  if (!approval) return null
  const ofAttempt = (approval.phase?.artifacts.nodes ?? []).filter(
    ({ attempt }) => attempt === approval.attempt,
  )
  const found = ofAttempt.find(({ sha256 }) => digestOf(approval, sha256) === approval.digest)
  if (!found && digestOf(approval, null) === approval.digest)
    return { approval, artifact: null, isProven: true }
  const likely = found ?? ofAttempt.find(({ isValid: valid }) => valid)
  if (!likely) return { approval, artifact: null, isProven: false }
  const artifact = (await pawl.artifacts.get(likely.id)) ?? likely
  return { approval, artifact, isProven: found !== undefined && isWhole(artifact) }
}

function isWhole(artifact: Artifact & { readonly content?: string | null }): boolean {
  return artifact.content != null && hash(artifact.content) === artifact.sha256
}

/** Computed as on the server: SHA-256 of JSON with sorted keys. */
function digestOf(approval: Approval, artifactSha256: string | null): string {
  const { run, gate, question, payload, attempt, kind, sessionId, answerSchema, tree } = approval
  const shown = [run.id, gate, question, toSorted(payload), artifactSha256, attempt]
  if (kind !== 'PERMISSION' && kind !== 'QUESTION')
    return hash(JSON.stringify(tree === null ? shown : [...shown, tree]))
  const { permission } = approval
  const action = permission && { kind: permission.kind, path: permission.path, program: permission.program }
  return hash(JSON.stringify([...shown, sessionId, action, toSorted(answerSchema)]))
}

function toSorted(value: JsonValue | undefined): unknown {
  if (Array.isArray(value)) return value.map(toSorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, each]) => [key, toSorted(each)]))
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

import type { ExpiryPolicy, Pawl } from '@pawl/sdk'
import { declaredPhase } from './declaredPhase.ts'

/** A request for an approval. */
export interface Asked {
  readonly gate: string
  readonly question: string
  readonly approvers?: string[] | undefined
  readonly isSelfApprovalAllowed: boolean
  readonly expiresInSeconds?: number | null | undefined
  readonly onExpiry: ExpiryPolicy
}

/** The approval that the run's workflow declares for a phase; null if it declares none. */
export async function declaredQuestion(
  pawl: Pawl,
  runId: string,
  phase: string,
  options?: { readonly signal?: AbortSignal | undefined },
): Promise<Asked | null> {
  const declared = declaredPhase(await pawl.workflows.ofRun(runId, options), phase)?.approval
  if (!declared) return null
  const {
    gate,
    question,
    approvers = [],
    allowSelfApproval: isSelfApprovalAllowed = true,
    expiresInSeconds,
    onExpiry = 'WAIT',
  } = declared
  return { gate, question, approvers: [...approvers], isSelfApprovalAllowed, expiresInSeconds, onExpiry }
}

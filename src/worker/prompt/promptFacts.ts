import type { JsonValue } from '@pawl/sdk'
import type { DeclaredPhase } from '../run/declared.ts'
import type { PendingMessage, RejectedFile } from '../run/phaseProgress.ts'

/** Everything that a prompt says, or depends on. */
export interface PromptFacts {
  readonly run: { readonly id: string; readonly title: string | null; readonly input: JsonValue | null }
  readonly workflow: string
  readonly declared: DeclaredPhase
  readonly round: number
  readonly attempt: number
  /** Number of earlier prompts of this attempt; from the second on, the agent is asked to continue. */
  readonly ordinal: number
  /** Why this attempt repairs the previous one; null if it starts over. */
  readonly repairs: string | null
  readonly rejected: RejectedFile | null
  readonly failure: { readonly code: string; readonly message: string } | null
  readonly feedback: string | null
  readonly sentBackFrom: string | null
  /** What is handed over to an agent that begins without memory of this attempt; null where it has one, or needs none. */
  readonly anew: {
    readonly handedOver: readonly string[]
    readonly messages: readonly PendingMessage[]
  } | null
  readonly messages: readonly PendingMessage[]
}

import type { Actor } from '../run/actor.ts'
import { openRound } from './moves.ts'
import type { Instant, Json } from '../run/run.ts'
import { Draft } from '../log/draft.ts'
import type { WorkflowDefinition } from '../workflow/workflow.ts'

/** The input of a new run. */
export interface NewRun {
  readonly id: string
  readonly project: string
  readonly workflow: {
    readonly id: string
    readonly name: string
    readonly version: number
    readonly definition: WorkflowDefinition
  }
  readonly title: string | null
  readonly input: Json
  readonly labels: readonly string[]
  readonly concurrencyKey: string | null
  readonly parentId: string | null
  /** True if it neither ends with its parent nor is waited for by it. */
  readonly detached: boolean
  /** Number of ancestors. */
  readonly depth: number
  readonly continuesId: string | null
  /** The chain it continues; null: it starts a new one. */
  readonly chainId: string | null
  /** Rounds completed by the runs that this one continues; 0 for none. */
  readonly completedRound: number
  readonly now: Instant
  readonly actor: Actor
  readonly newPhaseId: () => string
}

/** Returns the draft of a new run: QUEUED, with its first round open. */
export function draftRun(beginning: NewRun): Draft {
  const {
    id,
    project,
    workflow,
    title,
    input,
    labels,
    concurrencyKey,
    parentId,
    detached,
    depth,
    continuesId,
    chainId,
    completedRound,
  } = beginning
  const { now, actor, newPhaseId } = beginning
  const draft = Draft.begin(id, workflow.definition, now, actor, {
    project,
    workflow: { id: workflow.id, name: workflow.name, version: workflow.version },
    title,
    input,
    labels: [...labels],
    concurrencyKey,
    parentId,
    depth,
    ...(detached && { detached }),
    continuesId,
    chainId: chainId ?? id,
    completedRound,
  })
  openRound(draft, newPhaseId)
  return draft
}

import { openRound } from './decide/moves.ts'
import type { Instant, Json } from './run.ts'
import { Draft } from './situation.ts'
import type { WorkflowDefinition } from './workflow.ts'

/** What a run begins with. */
export interface Beginning {
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
  readonly now: Instant
  readonly actor: string
  readonly newPhaseId: () => string
}

/** A new run, QUEUED, with its first round open. */
export function draftRun(beginning: Beginning): Draft {
  const { id, project, workflow, title, input, labels, concurrencyKey, now, actor, newPhaseId } = beginning
  const draft = Draft.begin(id, workflow.definition, now, actor, {
    project,
    workflow: { id: workflow.id, name: workflow.name, version: workflow.version },
    title,
    input,
    labels: [...labels],
    concurrencyKey,
    parentId: null,
    depth: 0,
    continuesId: null,
    completedRound: 0,
  })
  openRound(draft, newPhaseId)
  return draft
}

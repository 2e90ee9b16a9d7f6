import type { WorkflowDefinition, WorkflowDetail } from '@pawl/sdk'

type Phase = WorkflowDefinition['phases'][number]

/** A phase as the workflow declares it, with every default filled in by the server. */
export type DeclaredPhase = Required<Omit<Phase, 'prompt' | 'artifact'>> & {
  readonly prompt?: string
  readonly artifact: DeclaredArtifact | null
}

/** The artifact that a phase declares, with every default filled in. */
export type DeclaredArtifact = Required<NonNullable<Phase['artifact']>>

/** The parts of a workflow definition that driving a run needs. */
export interface DeclaredWorkflow {
  readonly name: string
  readonly completeRoundAt: string | null
  readonly phases: readonly DeclaredPhase[]
}

/**
 * Reads a registered workflow. The cast is safe: the server has validated it with the schema that the type is generated
 * from.
 */
export function readDeclared({ definition }: WorkflowDetail): DeclaredWorkflow {
  return definition as unknown as DeclaredWorkflow
}

/**
 * Returns the declaration of a phase.
 *
 * @throws Error if the workflow has no such phase
 */
export function findDeclaredPhase(workflow: DeclaredWorkflow, key: string): DeclaredPhase {
  const phase = workflow.phases.find((each) => each.key === key)
  if (!phase) throw new Error(`workflow ${workflow.name} has no phase ${key}`)
  return phase
}

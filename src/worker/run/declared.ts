import type { WorkflowDefinition, WorkflowDetail } from '@pawl/sdk'

type Phase = WorkflowDefinition['phases'][number]

/** What a workflow declares of a phase, with every default filled in by the server. */
export type DeclaredPhase = Required<Omit<Phase, 'prompt' | 'artifact'>> & {
  readonly prompt?: string
  readonly artifact: DeclaredArtifact | null
}

/** The file that a phase has to hand over. */
export type DeclaredArtifact = Required<NonNullable<Phase['artifact']>>

/** A workflow as a run follows it. */
export interface DeclaredWorkflow {
  readonly name: string
  readonly completeRoundAt: string | null
  readonly phases: readonly DeclaredPhase[]
}

/** Reads a registered workflow: the server has checked it by the very schema that the type is printed from. */
export function readDeclared({ definition }: WorkflowDetail): DeclaredWorkflow {
  return definition as unknown as DeclaredWorkflow
}

/** What the workflow declares of a phase. */
export function findDeclaredPhase(workflow: DeclaredWorkflow, key: string): DeclaredPhase {
  const phase = workflow.phases.find((each) => each.key === key)
  if (!phase) throw new Error(`workflow ${workflow.name} has no phase ${key}`)
  return phase
}

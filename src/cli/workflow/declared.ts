import type { WorkflowDefinition, WorkflowDetail } from '@pawl/sdk'

/** What a workflow declares of a phase, with every default filled in by the server. */
export type DeclaredPhase = Required<WorkflowDefinition['phases'][number]>

/** What a workflow declares of a phase; undefined where it has none of this key. */
export function declaredPhase({ definition }: WorkflowDetail, key: string): DeclaredPhase | undefined {
  // The server has checked it by the very schema that the type is printed from.
  const { phases } = definition as { readonly phases: readonly DeclaredPhase[] }
  return phases.find((phase) => phase.key === key)
}

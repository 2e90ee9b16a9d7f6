import type { WorkflowDefinition, WorkflowDetail } from '@pawl/sdk'

/** The declaration of a phase, with every default filled in by the server. */
export type DeclaredPhase = Required<WorkflowDefinition['phases'][number]>

/** The declaration of a phase; undefined if the workflow has no phase of this key. */
export function declaredPhase({ definition }: WorkflowDetail, key: string): DeclaredPhase | undefined {
  // The server has validated it by the schema that the type is generated from.
  const { phases } = definition as { readonly phases: readonly DeclaredPhase[] }
  return phases.find((phase) => phase.key === key)
}

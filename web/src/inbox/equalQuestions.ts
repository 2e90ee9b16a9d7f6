import type { Approval } from '@pawl/sdk'

/** The other approvals that ask exactly the same: of the same phase of the same workflow, with the same words, payload and choices. */
export function equalQuestions(approvals: readonly Approval[], to: Approval): readonly Approval[] {
  const wanted = describe(to)
  return approvals.filter((each) => each.id !== to.id && describe(each) === wanted)
}

function describe(approval: Approval): string {
  const { kind, gate, question, payload, permission, answerSchema, decisions, run, phase } = approval
  const action = permission && [permission.kind, permission.program, permission.path]
  return JSON.stringify([
    kind,
    gate,
    question,
    payload,
    action,
    answerSchema,
    decisions,
    run.workflow.name,
    phase?.key ?? null,
  ])
}

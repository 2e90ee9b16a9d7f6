import type { NameStep, Step } from '../../advice/step.ts'

type NameOf<Do extends Step['do']> = (step: Extract<Step, { readonly do: Do }>) => string

const withArguments = (tool: string, given: object) => `${tool} ${JSON.stringify(given)}`

/** Tools of an agent; what only a person, a worker or the command line does has none. */
const AGENT_TOOLS: { readonly [Do in Step['do']]?: NameOf<Do> } = {
  completeRun: () => 'pawl_run_complete',
  completeRound: () => 'pawl_round_complete',
  startPhase: ({ phase }) => withArguments('pawl_phase_start', { phase }),
  advancePhase: ({ phase }) => withArguments('pawl_phase_advance', { to: phase }),
  submitArtifact: ({ phase, path }) => withArguments('pawl_artifact_submit', { phase, path }),
  requestApproval: ({ phase }) => withArguments('pawl_approval_request', phase === null ? {} : { phase }),
}

const OPERATOR_TOOLS: { readonly [Do in Step['do']]?: NameOf<Do> } = {
  startRun: ({ workflow, continuesRunId }) =>
    withArguments('pawl_run_start', {
      workflow: workflow ?? 'WORKFLOW',
      ...(continuesRunId !== null && { continuesRunId }),
    }),
  listRuns: () => 'pawl_run_list',
  showRun: ({ runId }) => withArguments('pawl_run_get', { runId }),
  decideApproval: ({ approvalId }) => withArguments('pawl_approval_decide', { approvalId }),
  showApproval: () => 'pawl_run_get',
}

const nameBy =
  (tools: { readonly [Do in Step['do']]?: NameOf<Do> }): NameStep =>
  (step) => {
    const name = tools[step.do] as ((given: Step) => string) | undefined
    return name?.(step) ?? null
  }

/** Names a step as the tool that an agent calls for it. */
export const nameAgentTool = nameBy(AGENT_TOOLS)

/** Names a step as the tool that another program calls for it. */
export const nameOperatorTool = nameBy(OPERATOR_TOOLS)

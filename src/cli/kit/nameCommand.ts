import type { NameStep, Step } from '../../advice/step.ts'
import { quoteWord } from '../../text/quoteCommand.ts'

const COMMANDS: { readonly [S in Step as S['do']]: (step: S) => string } = {
  startRun: ({ workflow, continuesRunId }) =>
    `pawl run start ${workflow ?? 'WORKFLOW'}${continuesRunId === null ? '' : ` --continues ${continuesRunId}`}`,
  listRuns: () => 'pawl run list',
  nameRun: () => 'name one of them, or set PAWL_RUN_ID',
  takeRun: ({ runId }) => `pawl exec --run ${runId} -- COMMAND`,
  showRun: ({ runId }) => `pawl run show ${runId}`,
  resumeRun: ({ runId }) => `pawl run resume ${runId}`,
  deleteRun: ({ runId }) => `pawl run delete ${runId}`,
  completeRun: () => 'pawl run complete',
  completeRound: () => 'pawl round complete',
  startPhase: ({ phase }) => `pawl phase start ${phase}`,
  advancePhase: ({ phase }) => `pawl phase advance ${phase}`,
  submitArtifact: ({ phase, path }) => `pawl artifact submit ${phase} ${quoteWord(path)}`,
  requestApproval: ({ phase }) => `pawl approval request${phase === null ? '' : ` --phase ${phase}`}`,
  decideApproval: ({ approvalId }) => `pawl approval decide ${approvalId}`,
  showApproval: ({ approvalId }) => `pawl approval show ${approvalId}`,
  showWorkspace: ({ workspaceId }) => `pawl workspace show ${workspaceId}`,
  discardWorkspace: ({ workspaceId }) => `pawl workspace remove ${workspaceId} --force`,
  giveFence: () => "give it with --fence, or sign in with the claim's agent token",
}

/** Names a step as the command that takes it. */
export const nameCommand: NameStep = (step) => {
  const name = COMMANDS[step.do] as (given: Step) => string
  return name(step)
}

/**
 * Something that can be done next, without saying by what means: the command line names it as a command, an MCP server as a tool.
 */
export type Step =
  | { readonly do: 'startRun'; readonly workflow: string | null; readonly continuesRunId: string | null }
  | { readonly do: 'listRuns' }
  /** Choose one of the runs that were listed. */
  | { readonly do: 'nameRun' }
  | { readonly do: 'takeRun' | 'showRun' | 'resumeRun' | 'deleteRun'; readonly runId: string }
  | { readonly do: 'completeRun' | 'completeRound' }
  | { readonly do: 'startPhase' | 'advancePhase'; readonly phase: string }
  | { readonly do: 'submitArtifact'; readonly phase: string; readonly path: string }
  /** `phase` is null for an approval of the whole run. */
  | { readonly do: 'requestApproval'; readonly phase: string | null }
  | { readonly do: 'decideApproval' | 'showApproval'; readonly approvalId: string }
  | { readonly do: 'showWorkspace' | 'discardWorkspace'; readonly workspaceId: string }
  /** Say which claim is meant. */
  | { readonly do: 'giveFence' }

/** Names a step by the means at hand; null where there are none for it. */
export type NameStep = (step: Step) => string | null

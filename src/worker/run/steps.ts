/**
 * The boundaries between the steps of driving a run, in the order of a successful run. `onStep` is called at each one
 * before the next step begins.
 */
export const STEPS = [
  'run-claimed',
  'workspace-opened',
  'phase-started',
  'session-opened',
  'agent-opened',
  'session-ready',
  'artifact-cleared',
  'prompt-recorded',
  'prompt-sent',
  'prompt-confirmed',
  'turn-over',
  'artifact-found',
  'artifact-submitted',
  'session-recovered',
  'repair-started',
  'phase-left',
  'phase-failed',
  'approval-requested',
  'phase-advanced',
  'round-completed',
  'agents-stopped',
  'run-completed',
] as const

export type StepName = (typeof STEPS)[number]

/** Called and awaited at every boundary. */
export type OnStep = (step: StepName) => Promise<void> | void

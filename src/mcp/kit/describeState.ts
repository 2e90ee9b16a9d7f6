import type { CallOptions, Pawl, Run, RunDetail } from '@pawl/sdk'
import { adviseRun } from '../../advice/adviseRun.ts'
import { describeRun } from '../../advice/describeRun.ts'
import { findOpenApproval } from '../../advice/findOpenApproval.ts'
import type { NameStep } from '../../advice/step.ts'

/** Where a run stands and what comes next, in the words of the caller's tools. */
export async function describeState(pawl: Pawl, run: RunDetail, nameStep: NameStep, call: CallOptions) {
  const [workflow, approval] = await Promise.all([
    pawl.workflows.ofRun(run.id, call),
    findOpenApproval(pawl, run, call),
  ])
  const { say, step } = adviseRun(run, approval)
  return { ...describeRun(run, workflow, approval), next: { say, tool: step && nameStep(step) } }
}

/** Where a run is after a change, in a few words for a model. */
export function describePosition(run: Run) {
  const { currentPhase: phase } = run
  return {
    runId: run.id,
    status: run.status,
    reason: run.reason,
    revision: run.revision,
    round: run.round,
    phase: phase && { key: phase.key, status: phase.status, attempts: phase.attempts },
    nextAction: run.nextAction,
  }
}

/** The position as a sentence. */
export function sayPosition(run: Run): string {
  const { currentPhase: phase, status } = run
  const at = phase && !run.isSettled ? `, in phase ${phase.key} (${phase.status})` : ''
  return `The run is ${status}${at}.`
}

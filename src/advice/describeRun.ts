import type { Approval, RunDetail, WorkflowDetail } from '@pawl/sdk'
import { declaredPhase } from './declaredPhase.ts'

/** Where a run stands, for a program or an agent that works on it: as JSON, with what its current phase has to produce. */
export function describeRun(run: RunDetail, workflow: WorkflowDetail, approval: Approval | null) {
  const declared = run.currentPhase && declaredPhase(workflow, run.currentPhase.key)
  return {
    runId: run.id,
    workflow: { name: run.workflow.name, version: run.workflow.version },
    title: run.title,
    status: run.status,
    reason: run.reason,
    outcome: run.outcome,
    isSettled: run.isSettled,
    isFinal: run.isFinal,
    epoch: run.epoch,
    revision: run.revision,
    round: run.round,
    phase: run.currentPhase && {
      key: run.currentPhase.key,
      status: run.currentPhase.status,
      attempts: run.currentPhase.attempts,
      error: run.currentPhase.error,
      role: run.currentPhase.role,
      isFinal: run.currentPhase.isFinalPhase,
      artifact: declared?.artifact ?? null,
      approval: declared?.approval ?? null,
    },
    mayFollow: run.currentPhase?.nextPhases ?? [],
    nextAction: run.nextAction,
    approval,
    missingEvidence: run.missingEvidence,
    allowedCommands: run.allowedCommands,
    lease: run.lease,
    phases: run.phases.map(({ key, status, attempts }) => ({ key, status, attempts })),
    input: run.input,
    parentRunId: run.parent?.id ?? null,
    continuesRunId: run.continues?.id ?? null,
    asOf: run.asOf,
  }
}

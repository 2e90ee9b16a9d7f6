import type { Command } from 'commander'
import type { Approval, RunDetail, WorkflowDetail } from '@pawl/sdk'
import { findOpenApproval } from './kit/findOpenApproval.ts'
import { chooseRun } from './kit/chooseRun.ts'
import type { ChosenRun } from './kit/chooseRun.ts'
import { act } from './kit/invocation.ts'
import type { CommonOptions } from './kit/invocation.ts'
import { nextStepOf } from './kit/nextStep.ts'
import { createCommand } from './kit/options.ts'
import { runArgument } from './run/argument.ts'
import { phaseLines, printRunLine } from './print/printRun.ts'
import type { Paper } from './terminal/paper.ts'
import { plain } from './terminal/width.ts'
import { declaredPhase } from './workflow/declared.ts'

/** `pawl state`: where am I, what may follow, what is missing; made for agents. */
export function stateCommand(): Command {
  return createCommand('state', 'where a run stands, what may follow, and what to do next', [
    'pawl state',
    "pawl state --json | jq -r '.next.command'",
  ])
    .addArgument(runArgument())
    .action(
      act<CommonOptions, [string | undefined]>(async (invocation, _options, id) => {
        const chosen = await chooseRun(invocation, id)
        const { pawl } = invocation
        const [workflow, approval] = await Promise.all([
          pawl.workflows.ofRun(chosen.run.id),
          findOpenApproval(pawl, chosen.run),
        ])
        const state = describeState(chosen, workflow, approval)
        return invocation.answer(state, (paper) => printState(paper, chosen.run, approval))
      }),
    )
}

/** The state as programs read it. */
function describeState({ run, via }: ChosenRun, workflow: WorkflowDetail, approval: Approval | null) {
  const declared = run.currentPhase && declaredPhase(workflow, run.currentPhase.key)
  return {
    runId: run.id,
    via,
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
    next: nextStepOf(run, approval),
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

function printState(paper: Paper, run: RunDetail, approval: Approval | null): void {
  const { bold, dim, yellow } = paper.colors
  const next = nextStepOf(run, approval)
  printRunLine(paper, run)
  for (const line of phaseLines(paper.colors, run.phases, run.asOf)) paper.line(line)
  const mayFollow = run.currentPhase?.nextPhases ?? []
  if (!run.isSettled && mayFollow.length > 0) paper.line(`${dim('may follow')}  ${mayFollow.join(', ')}`)
  if (!run.isSettled) {
    for (const { detail } of run.missingEvidence) paper.line(`${dim('missing')}     ${yellow(plain(detail))}`)
  }
  if (approval) paper.line(`${dim('asked')}       ${yellow(plain(approval.question))}  ${dim(approval.id)}`)
  const command = next.command ? `  ${bold(next.command)}` : ''
  paper.line(`${dim('next')}        ${next.action}: ${next.say}${command}`)
}

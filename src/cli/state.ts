import type { Command } from 'commander'
import type { Approval, RunDetail, WorkflowDetail } from '@pawl/sdk'
import { findOpenApproval } from './kit/findOpenApproval.ts'
import { chooseRun } from './kit/chooseRun.ts'
import type { ChosenRun } from './kit/chooseRun.ts'
import { createAction } from './kit/invocation.ts'
import type { CommonOptions } from './kit/invocation.ts'
import { nextStepOf } from './kit/nextStep.ts'
import { createCommand } from './kit/options.ts'
import { runArgument } from './run/changeOptions.ts'
import { phaseLines, printRunLine } from './print/printRun.ts'
import type { Printer } from './terminal/printer.ts'
import { safeText } from './terminal/width.ts'
import { declaredPhase } from './workflow/declared.ts'

/** `pawl state`: the state of a run, the phases that may follow, and the missing evidence; made for agents. */
export function stateCommand(): Command {
  return createCommand('state', 'show the state of a run, which phases may follow, and what to do next', [
    'pawl state',
    "pawl state --json | jq -r '.next.command'",
  ])
    .addArgument(runArgument())
    .action(
      createAction<CommonOptions, [string | undefined]>(async (invocation, _options, id) => {
        const chosen = await chooseRun(invocation, id)
        const { pawl } = invocation
        const [workflow, approval] = await Promise.all([
          pawl.workflows.ofRun(chosen.run.id),
          findOpenApproval(pawl, chosen.run),
        ])
        const state = describeState(chosen, workflow, approval)
        return invocation.answer(state, (printer) => printState(printer, chosen.run, approval))
      }),
    )
}

/** The state as JSON. */
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

function printState(printer: Printer, run: RunDetail, approval: Approval | null): void {
  const { bold, dim, yellow } = printer.colors
  const next = nextStepOf(run, approval)
  printRunLine(printer, run)
  for (const line of phaseLines(printer.colors, run.phases, run.asOf)) printer.line(line)
  const mayFollow = run.currentPhase?.nextPhases ?? []
  if (!run.isSettled && mayFollow.length > 0) printer.line(`${dim('may follow')}  ${mayFollow.join(', ')}`)
  if (!run.isSettled) {
    for (const { detail } of run.missingEvidence)
      printer.line(`${dim('missing')}     ${yellow(safeText(detail))}`)
  }
  if (approval)
    printer.line(`${dim('asked')}       ${yellow(safeText(approval.question))}  ${dim(approval.id)}`)
  const command = next.command ? `  ${bold(next.command)}` : ''
  printer.line(`${dim('next')}        ${next.action}: ${next.say}${command}`)
}

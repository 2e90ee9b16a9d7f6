import type { Command } from 'commander'
import type { Approval, RunDetail, WorkflowDetail } from '@pawl/sdk'
import { describeRun } from '../advice/describeRun.ts'
import { findOpenApproval } from '../advice/findOpenApproval.ts'
import { chooseRun } from './kit/chooseRun.ts'
import type { ChosenRun } from './kit/chooseRun.ts'
import { createAction } from './kit/invocation.ts'
import type { CommonOptions } from './kit/invocation.ts'
import { nextStepOf } from './kit/nextStep.ts'
import { createCommand, runArgument } from './kit/options.ts'
import { phaseLines, printRunLine } from './print/printRun.ts'
import type { Printer } from './terminal/printer.ts'
import { safeText } from './terminal/width.ts'

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

/** The state as JSON, with the command that comes next. */
function describeState({ run, via }: ChosenRun, workflow: WorkflowDetail, approval: Approval | null) {
  return { ...describeRun(run, workflow, approval), via, next: nextStepOf(run, approval) }
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
    printer.line(
      `${dim('asked')}       ${yellow(safeText(approval.question))}  ${dim(printer.ids(approval.id))}`,
    )
  const command = next.command ? `  ${bold(printer.ids(next.command))}` : ''
  printer.line(`${dim('next')}        ${next.action}: ${next.say}${command}`)
}

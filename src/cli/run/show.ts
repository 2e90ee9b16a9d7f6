import type { Command } from 'commander'
import type { Pawl, RunDetail } from '@pawl/sdk'
import { printApprovals } from '../print/printApproval.ts'
import { printArtifacts } from '../print/printArtifact.ts'
import { chooseRun } from '../kit/chooseRun.ts'
import { createAction } from '../kit/invocation.ts'
import type { CommonOptions } from '../kit/invocation.ts'
import { printMessages } from '../print/printMessage.ts'
import { createCommand } from '../kit/options.ts'
import type { Printer } from '../terminal/printer.ts'
import { runArgument } from './changeOptions.ts'
import { printExecutions, printRun, printRuns, printSessions } from '../print/printRun.ts'

/** How many of each kind are shown, the newest. */
const MAX_ROWS = 20

/** `pawl run show`: one run with everything below it. */
export function runShowCommand(): Command {
  return createCommand('show', 'show a run: where it stands, and everything below it', [
    'pawl run show run_01k9…',
    "pawl run show --json | jq '.run.output'",
  ])
    .addArgument(runArgument())
    .action(
      createAction<CommonOptions, [string | undefined]>(async (invocation, _options, id) => {
        const { run } = await chooseRun(invocation, id)
        const below = await readRelated(invocation.pawl, run.id)
        return invocation.answer({ run, ...below }, (printer) => printRunWithRelated(printer, run, below))
      }),
    )
}

type Related = Awaited<ReturnType<typeof readRelated>>

/** What hangs below a run: of each kind the newest. */
async function readRelated(pawl: Pawl, runId: string) {
  const page = { first: MAX_ROWS }
  const [sessions, executions, artifacts, approvals, messages, children] = await Promise.all([
    pawl.sessions.list(runId),
    pawl.executions.list({ filter: { runId }, ...page }),
    pawl.artifacts.list(runId, page),
    pawl.approvals.list({ runId, ...page }),
    pawl.messages.list(runId, page),
    pawl.runs.children(runId, page),
  ])
  return {
    sessions,
    executions: executions.nodes,
    artifacts: artifacts.nodes,
    approvals: approvals.nodes,
    messages: messages.nodes,
    children: children.nodes,
  }
}

function printRunWithRelated(printer: Printer, run: RunDetail, below: Related): void {
  printRun(printer, run)
  printSome(printer, below.children, (rows) => printRuns(printer, rows))
  printSome(printer, below.sessions.slice(-MAX_ROWS), (rows) => printSessions(printer, rows))
  printSome(printer, below.executions, (rows) => printExecutions(printer, rows))
  printSome(printer, below.artifacts, (rows) => printArtifacts(printer, rows))
  printSome(printer, below.approvals, (rows) => printApprovals(printer, rows))
  printSome(printer, below.messages, (rows) => printMessages(printer, rows))
  for (const name of ['input', 'output'] as const) {
    if (run[name] === null) continue
    printer.line(`\n${printer.colors.dim(name)}`)
    printer.line(JSON.stringify(run[name], null, 2))
  }
}

function printSome<Row>(printer: Printer, rows: readonly Row[], print: (rows: readonly Row[]) => void): void {
  if (rows.length === 0) return
  printer.line()
  print(rows)
}

import type { Command } from 'commander'
import type { Pawl, RunDetail } from '@pawl/sdk'
import { printApprovals } from '../print/printApproval.ts'
import { printArtifacts } from '../print/printArtifact.ts'
import { chooseRun } from '../kit/chooseRun.ts'
import { createAction } from '../kit/invocation.ts'
import type { CommonOptions } from '../kit/invocation.ts'
import { printMessages } from '../print/printMessage.ts'
import { createCommand, runArgument } from '../kit/options.ts'
import type { Printer } from '../terminal/printer.ts'
import { printUsage } from '../print/printUsage.ts'
import { printExecutions, printRun, printRuns, printSessions } from '../print/printRun.ts'

/** How many of the newest of each kind are shown. */
const MAX_ROWS = 20

interface ShowOptions extends CommonOptions {
  readonly usage?: true
}

/** `pawl run show`: one run with everything that belongs to it. */
export function runShowCommand(): Command {
  return createCommand('show', 'show a run with its children, sessions, artifacts, approvals and messages', [
    'pawl run show run_01k9…',
    "pawl run show --json | jq '.run.output'",
    'pawl run show run_01k9… --usage',
  ])
    .addArgument(runArgument())
    .option(
      '--usage',
      'show what its agents told that they had used, by phase, session and model, and nothing else',
    )
    .action(
      createAction<ShowOptions, [string | undefined]>(async (invocation, { usage: onlyUsage }, id) => {
        const { run } = await chooseRun(invocation, id)
        if (onlyUsage) {
          const usage = await invocation.pawl.runs.usage(run.id)
          return invocation.answer(usage, (printer) => printUsage(printer, usage))
        }
        const related = await readRelated(invocation.pawl, run.id)
        return invocation.answer({ run, ...related }, (printer) => printRunWithRelated(printer, run, related))
      }),
    )
}

type Related = Awaited<ReturnType<typeof readRelated>>

/** What belongs to a run: the newest of each kind. */
async function readRelated(pawl: Pawl, runId: string) {
  const page = { first: MAX_ROWS }
  const [sessions, executions, artifacts, approvals, messages, children] = await Promise.all([
    pawl.sessions.list(runId, page),
    pawl.executions.list({ filter: { runId }, ...page }),
    pawl.artifacts.list(runId, page),
    pawl.approvals.list({ runId, ...page }),
    pawl.messages.list(runId, page),
    pawl.runs.children(runId, page),
  ])
  return {
    sessions: sessions.nodes,
    executions: executions.nodes,
    artifacts: artifacts.nodes,
    approvals: approvals.nodes,
    messages: messages.nodes,
    children: children.nodes,
  }
}

function printRunWithRelated(printer: Printer, run: RunDetail, related: Related): void {
  printRun(printer, run)
  printSome(printer, related.children, (rows) => printRuns(printer, rows))
  printSome(printer, related.sessions, (rows) => printSessions(printer, rows))
  printSome(printer, related.executions, (rows) => printExecutions(printer, rows))
  printSome(printer, related.artifacts, (rows) => printArtifacts(printer, rows))
  printSome(printer, related.approvals, (rows) => printApprovals(printer, rows))
  printSome(printer, related.messages, (rows) => printMessages(printer, rows))
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

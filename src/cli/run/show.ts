import type { Command } from 'commander'
import type { Pawl, RunDetail } from '@pawl/sdk'
import { printApprovals } from '../print/printApproval.ts'
import { printArtifacts } from '../print/printArtifact.ts'
import { chooseRun } from '../kit/chooseRun.ts'
import { act } from '../kit/invocation.ts'
import type { CommonOptions } from '../kit/invocation.ts'
import { printMessages } from '../print/printMessage.ts'
import { createCommand } from '../kit/options.ts'
import type { Paper } from '../terminal/paper.ts'
import { runArgument } from './argument.ts'
import { printExecutions, printRun, printRuns, printSessions } from '../print/printRun.ts'

/** How many of each kind are shown, the newest. */
const MOST = 20

/** `pawl run show`: one run with everything below it. */
export function runShowCommand(): Command {
  return createCommand('show', 'show a run: where it stands, and everything below it', [
    'pawl run show run_01k9…',
    "pawl run show --json | jq '.run.output'",
  ])
    .addArgument(runArgument())
    .action(
      act<CommonOptions, [string | undefined]>(async (invocation, _options, id) => {
        const { run } = await chooseRun(invocation, id)
        const below = await readBelow(invocation.pawl, run.id)
        return invocation.answer({ run, ...below }, (paper) => printWhole(paper, run, below))
      }),
    )
}

type Below = Awaited<ReturnType<typeof readBelow>>

/** What hangs below a run: of each kind the newest. */
async function readBelow(pawl: Pawl, runId: string) {
  const page = { first: MOST }
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

function printWhole(paper: Paper, run: RunDetail, below: Below): void {
  printRun(paper, run)
  printSome(paper, below.children, (rows) => printRuns(paper, rows))
  printSome(paper, below.sessions.slice(-MOST), (rows) => printSessions(paper, rows))
  printSome(paper, below.executions, (rows) => printExecutions(paper, rows))
  printSome(paper, below.artifacts, (rows) => printArtifacts(paper, rows))
  printSome(paper, below.approvals, (rows) => printApprovals(paper, rows))
  printSome(paper, below.messages, (rows) => printMessages(paper, rows))
  for (const name of ['input', 'output'] as const) {
    if (run[name] === null) continue
    paper.line(`\n${paper.colors.dim(name)}`)
    paper.line(JSON.stringify(run[name], null, 2))
  }
}

function printSome<Row>(paper: Paper, rows: readonly Row[], print: (rows: readonly Row[]) => void): void {
  if (rows.length === 0) return
  paper.line()
  print(rows)
}

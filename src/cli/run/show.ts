import type { Command } from 'commander'
import { chooseRun } from '../chooseRun.ts'
import { act } from '../invocation.ts'
import type { CommonOptions } from '../invocation.ts'
import { createCommand } from '../options.ts'
import { runArgument } from './argument.ts'
import { printExecutions, printRun } from './printRun.ts'

/** `pawl run show`: one run with its phases, executions, input and output. */
export function runShowCommand(): Command {
  return createCommand('show', 'show a run: where it stands, its phases, its processes, its output', [
    'pawl run show run_01k9…',
    "pawl run show --json | jq '.run.output'",
  ])
    .addArgument(runArgument())
    .action(
      act<CommonOptions, [string | undefined]>(async (invocation, _options, id) => {
        const { run } = await chooseRun(invocation, id)
        const executions = await invocation.pawl.executions.list({ filter: { runId: run.id }, first: 20 })
        return invocation.answer({ run, executions: executions.nodes }, (paper) => {
          printRun(paper, run)
          if (executions.nodes.length > 0) {
            paper.line()
            printExecutions(paper, executions.nodes)
          }
          for (const name of ['input', 'output'] as const) {
            if (run[name] === null) continue
            paper.line(`\n${paper.colors.dim(name)}`)
            paper.line(JSON.stringify(run[name], null, 2))
          }
        })
      }),
    )
}

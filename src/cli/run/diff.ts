import type { Command } from 'commander'
import { createAction } from '../kit/invocation.ts'
import { createCommand, runArgument } from '../kit/options.ts'
import { chooseWorkspaceOfRun } from '../workspace/chooseWorkspace.ts'
import { performFor, timeoutOption } from '../workspace/performFor.ts'
import type { PerformOptions } from '../workspace/performFor.ts'
import { printPatch, printStat, summaryOf } from '../print/printDiff.ts'

interface Options extends PerformOptions {
  readonly stat?: boolean
}

/** `pawl run diff`: the changes that a run has made in its workspace. */
export function runDiffCommand(): Command {
  return createCommand('diff', 'print the changes that a run has made, as a patch', [
    'pawl run diff run_01k9… --stat',
    'pawl run diff run_01k9… > work.patch',
  ])
    .addArgument(runArgument())
    .option('--stat', 'print the changed files and their line counts instead')
    .addOption(timeoutOption())
    .action(
      createAction<Options, [string | undefined]>(async (invocation, { stat, timeout }, id) => {
        const workspace = await chooseWorkspaceOfRun(invocation, id)
        return performFor(invocation, workspace, { kind: 'DIFF', timeout }, ({ operation }, printer) => {
          const { diff } = operation
          if (!diff) return
          if (stat) printStat(printer, diff)
          else if (diff.patch === null) invocation.note('a later diff has replaced this one: try again')
          else printPatch(printer, diff.patch)
          if (!stat) invocation.note(summaryOf(diff))
          if (diff.isTruncated) invocation.note('the patch was too long and is cut')
        })
      }),
    )
}

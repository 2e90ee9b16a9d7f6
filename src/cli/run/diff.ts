import type { Command } from 'commander'
import { createAction } from '../kit/invocation.ts'
import { createCommand } from '../kit/options.ts'
import { chooseWorkspaceOfRun } from '../workspace/chooseWorkspace.ts'
import { performFor, timeoutOption } from '../workspace/performFor.ts'
import type { PerformOptions } from '../workspace/performFor.ts'
import { printPatch, printStat, summaryOf } from '../print/printDiff.ts'
import { runArgument } from './changeOptions.ts'

interface Options extends PerformOptions {
  readonly stat?: boolean
}

/** `pawl run diff`: what the run's work differs in from what it began at. */
export function runDiffCommand(): Command {
  return createCommand('diff', "print the patch of a run's work, as the worker of its machine sees it now", [
    'pawl run diff run_01k9… --stat',
    'pawl run diff run_01k9… > work.patch',
  ])
    .addArgument(runArgument())
    .option('--stat', 'the files and how many lines, instead of the patch')
    .addOption(timeoutOption())
    .action(
      createAction<Options, [string | undefined]>(async (invocation, { stat, timeout }, id) => {
        const workspace = await chooseWorkspaceOfRun(invocation, id)
        return performFor(invocation, workspace, { kind: 'DIFF', timeout }, ({ operation }, printer) => {
          const { diff } = operation
          if (!diff) return
          if (stat) printStat(printer, diff)
          else if (diff.patch === null) invocation.note('another diff has taken its place: ask again')
          else printPatch(printer, diff.patch)
          if (!stat) invocation.note(summaryOf(diff))
          if (diff.truncated) invocation.note('it is longer than this: what is shown was cut')
        })
      }),
    )
}

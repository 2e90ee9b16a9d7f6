import type { Command } from 'commander'
import { createAction } from '../kit/invocation.ts'
import { createCommand, runArgument } from '../kit/options.ts'
import { safeText } from '../terminal/width.ts'
import { chooseWorkspaceOfRun } from '../workspace/chooseWorkspace.ts'
import { performFor, timeoutOption } from '../workspace/performFor.ts'
import type { PerformOptions } from '../workspace/performFor.ts'

/** `pawl run merge`: merges the work of a completed run; conflicts change nothing. */
export function runMergeCommand(): Command {
  return createCommand('merge', 'merge the work of a COMPLETED run; conflicts change nothing', [
    'pawl run merge run_01k9…',
    'pawl run merge run_01k9… && pawl run delete run_01k9…',
  ])
    .addArgument(runArgument())
    .addOption(timeoutOption())
    .action(
      createAction<PerformOptions, [string | undefined]>(async (invocation, { timeout }, id) => {
        const workspace = await chooseWorkspaceOfRun(invocation, id)
        return performFor(invocation, workspace, { kind: 'MERGE', timeout }, ({ operation }, printer) => {
          const { merge } = operation
          if (merge) printer.line(`merged into ${safeText(merge.into)}: ${safeText(merge.commit)}`)
        })
      }),
    )
}

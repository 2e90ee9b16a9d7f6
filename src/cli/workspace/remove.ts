import type { Command } from 'commander'
import { createAction } from '../kit/invocation.ts'
import { createCommand } from '../kit/options.ts'
import { safeText } from '../terminal/width.ts'
import { chooseWorkspace, workspaceArgument } from './chooseWorkspace.ts'
import { performFor, timeoutOption } from './performFor.ts'
import type { PerformOptions } from './performFor.ts'

interface Options extends PerformOptions {
  readonly force?: boolean
}

/** `pawl workspace remove`: removes the directory; unmerged work prevents that, unless forced. */
export function workspaceRemoveCommand(): Command {
  return createCommand('remove', 'remove the directory of a workspace that no run works in', [
    'pawl workspace remove wsp_01k9…',
    'pawl workspace remove run_01k9… --force   # discards unmerged work',
  ])
    .addArgument(workspaceArgument())
    .option('--force', 'also if it contains unmerged work, which is lost')
    .addOption(timeoutOption())
    .action(
      createAction<Options, [string]>(async (invocation, { force = false, timeout }, id) => {
        const workspace = await chooseWorkspace(invocation, id)
        const what = { kind: 'REMOVE', force, timeout } as const
        return performFor(invocation, workspace, what, (_success, printer) =>
          printer.line(`removed ${safeText(workspace.path)} on ${safeText(workspace.host)}`),
        )
      }),
    )
}

import type { Command } from 'commander'
import { createAction } from '../kit/invocation.ts'
import { createCommand } from '../kit/options.ts'
import { plain } from '../terminal/width.ts'
import { chooseWorkspace, workspaceArgument } from './chooseWorkspace.ts'
import { performFor, timeoutOption } from './performFor.ts'
import type { PerformOptions } from './performFor.ts'

interface Options extends PerformOptions {
  readonly force?: boolean
}

/** `pawl workspace remove`: removes the directory; what is not merged keeps it, unless it is forced. */
export function workspaceRemoveCommand(): Command {
  return createCommand('remove', 'remove the directory of a workspace, once no run works in it', [
    'pawl workspace remove wsp_01k9…',
    'pawl workspace remove run_01k9… --force   # the work in it is lost',
  ])
    .addArgument(workspaceArgument())
    .option('--force', 'also where it holds work that is not merged: that is lost')
    .addOption(timeoutOption())
    .action(
      createAction<Options, [string]>(async (invocation, { force = false, timeout }, id) => {
        const workspace = await chooseWorkspace(invocation, id)
        const what = { kind: 'REMOVE', force, timeout } as const
        return performFor(invocation, workspace, what, (_success, printer) =>
          printer.line(`removed ${plain(workspace.path)} on ${plain(workspace.host)}`),
        )
      }),
    )
}

import type { Command } from 'commander'
import { createAction } from '../kit/invocation.ts'
import type { CommonOptions } from '../kit/invocation.ts'
import { createCommand } from '../kit/options.ts'
import { chooseWorkspace, workspaceArgument } from './chooseWorkspace.ts'
import { printWorkspace } from '../print/printWorkspace.ts'

/** How many of the newest operations are shown. */
const MAX_OPERATIONS = 20

/** `pawl workspace show`: one workspace with its runs and operations. */
export function workspaceShowCommand(): Command {
  return createCommand('show', 'show a workspace with its runs, its preview and its operations', [
    'pawl workspace show wsp_01k9…',
    "pawl workspace show run_01k9… --json | jq -r '.workspace.path'",
  ])
    .addArgument(workspaceArgument())
    .action(
      createAction<CommonOptions, [string]>(async (invocation, _options, id) => {
        const workspace = await chooseWorkspace(invocation, id)
        const filter = { workspaceId: workspace.id }
        const { nodes: operations } = await invocation.pawl.workspaces.operations({
          filter,
          first: MAX_OPERATIONS,
        })
        return invocation.answer({ workspace, operations }, (printer) =>
          printWorkspace(printer, workspace, operations),
        )
      }),
    )
}

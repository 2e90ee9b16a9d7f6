import type { Command } from 'commander'
import type { WorkspaceFilter, WorkspaceStatus } from '@pawl/sdk'
import { createAction } from '../kit/invocation.ts'
import type { CommonOptions } from '../kit/invocation.ts'
import { createCommand, parseCount } from '../kit/options.ts'
import { printWorkspaces } from '../print/printWorkspace.ts'

interface Options extends CommonOptions {
  readonly host?: string
  readonly project?: string
  readonly all?: boolean
  readonly limit: number
  readonly after?: string
}

const READY: readonly WorkspaceStatus[] = ['READY']

/** `pawl workspace list`: the directories that runs work in. */
export function workspaceListCommand(): Command {
  return createCommand('list', 'list the directories that runs work in', [
    'pawl workspace list',
    "pawl workspace list --host builder-1 --json | jq -r '.nodes[].path'",
  ])
    .option('--host <host>', 'on this machine')
    .option('--project <project>', 'of this project')
    .option('--all', 'include removed ones')
    .option('--limit <number>', 'how many, at most 500', parseCount, 50)
    .option('--after <cursor>', 'the page after this cursor')
    .action(
      createAction<Options>(async (invocation, { host, project, all, limit: first, after }) => {
        const filter: WorkspaceFilter = { host, project, statuses: all ? undefined : READY }
        const page = await invocation.pawl.workspaces.list({ filter, first, after })
        return invocation.answer(page, (printer) => {
          if (page.nodes.length > 0) printWorkspaces(printer, page.nodes)
          else invocation.note('no workspaces')
          if (page.pageInfo.hasNextPage) invocation.note(`more with: --after ${page.pageInfo.endCursor}`)
        })
      }),
    )
}

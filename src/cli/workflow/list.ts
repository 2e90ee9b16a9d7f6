import type { Command } from 'commander'
import { createAction } from '../kit/invocation.ts'
import type { CommonOptions } from '../kit/invocation.ts'
import { createCommand, parseCount } from '../kit/options.ts'
import { printTable } from '../terminal/table.ts'
import { safeText } from '../terminal/width.ts'

interface Options extends CommonOptions {
  readonly limit: number
  readonly after?: string
}

/** `pawl workflow list`: one page of workflows. */
export function workflowListCommand(): Command {
  return createCommand('list', 'list workflows', ['pawl workflow list'])
    .option('--limit <number>', 'how many, at most 500', parseCount, 50)
    .option('--after <cursor>', 'the page after this cursor')
    .action(
      createAction<Options>(async (invocation, { limit, after }) => {
        const page = await invocation.pawl.workflows.list({ first: limit, after })
        return invocation.answer(page, (printer) => {
          const rows = page.nodes.map(({ project, name, version, phases, initialPhase }) => [
            name,
            String(version),
            initialPhase,
            String(phases.length),
            safeText(project ?? ''),
          ])
          printTable(printer, ['WORKFLOW', 'VERSION', 'BEGINS AT', 'PHASES', 'PROJECT'], rows)
          if (page.pageInfo.hasNextPage) invocation.note(`more with: --after ${page.pageInfo.endCursor}`)
        })
      }),
    )
}

import type { Command } from 'commander'
import { chooseRun } from '../kit/chooseRun.ts'
import { createAction } from '../kit/invocation.ts'
import type { CommonOptions } from '../kit/invocation.ts'
import { createCommand, parseCount, runOption } from '../kit/options.ts'
import { printMessages } from '../print/printMessage.ts'

interface Options extends CommonOptions {
  readonly run?: string
  readonly limit: number
  readonly after?: string
}

/** `pawl message list`: the messages of a run and their delivery. */
export function messageListCommand(): Command {
  return createCommand('list', 'list the messages of a run and their delivery', [
    'pawl message list',
    'pawl message list --json | jq -r \'.nodes[] | select(.status == "PENDING") | .text\'',
  ])
    .addOption(runOption())
    .option('--limit <number>', 'how many, at most 500', parseCount, 50)
    .option('--after <cursor>', 'the page after this cursor')
    .action(
      createAction<Options>(async (invocation, { limit: first, after, ...options }) => {
        const { run } = await chooseRun(invocation, options.run)
        const page = await invocation.pawl.messages.list(run.id, { first, after })
        return invocation.answer(page, (printer) => {
          if (page.nodes.length > 0) printMessages(printer, page.nodes)
          else invocation.note('no messages')
          if (page.pageInfo.hasNextPage) invocation.note(`more with: --after ${page.pageInfo.endCursor}`)
        })
      }),
    )
}

import type { Command } from 'commander'
import { chooseRun } from '../kit/chooseRun.ts'
import { createAction } from '../kit/invocation.ts'
import type { CommonOptions } from '../kit/invocation.ts'
import { createCommand, parseCount, runArgument } from '../kit/options.ts'
import { printArtifacts } from '../print/printArtifact.ts'

interface Options extends CommonOptions {
  readonly limit: number
  readonly after?: string
}

/** `pawl artifact list`: one page of a run's files. */
export function artifactListCommand(): Command {
  return createCommand('list', 'list the files that a run has submitted, newest first', [
    'pawl artifact list run_01k9…',
    "pawl artifact list --json | jq -r '.nodes[].path'",
  ])
    .addArgument(runArgument())
    .option('--limit <number>', 'how many, at most 500', parseCount, 50)
    .option('--after <cursor>', 'the page after this cursor')
    .action(
      createAction<Options, [string | undefined]>(async (invocation, { limit: first, after }, named) => {
        const { run } = await chooseRun(invocation, named)
        const page = await invocation.pawl.artifacts.list(run.id, { first, after })
        return invocation.answer(page, (printer) => {
          if (page.nodes.length > 0) printArtifacts(printer, page.nodes)
          else invocation.note('no files')
          if (page.pageInfo.hasNextPage) invocation.note(`more with: --after ${page.pageInfo.endCursor}`)
        })
      }),
    )
}

import type { Command } from 'commander'
import type { Pawl } from '@pawl/sdk'
import { EXIT } from './kit/exitCodes.ts'
import { createAction } from './kit/invocation.ts'
import type { CommonOptions } from './kit/invocation.ts'
import { createCommand, parseSeconds } from './kit/options.ts'
import { printTable } from './terminal/table.ts'
import { safeText } from './terminal/width.ts'

interface Options extends CommonOptions {
  readonly olderThan?: number
  readonly project?: string
  readonly apply?: boolean
}

/** `pawl retention`: shows the content of old runs that can be removed, and removes it with `--apply`. */
export function retentionCommand(): Command {
  return createCommand(
    'retention',
    'remove the content of runs that settled long ago; the runs and their logs stay',
    [
      'pawl retention --older-than 90d           # only show how much it is',
      'pawl retention --older-than 90d --apply',
    ],
  )
    .option(
      '--older-than <duration>',
      'of runs that settled at least so long ago, as 90d (default: as the server is set to)',
      parseSeconds,
    )
    .option('--project <name>', 'only of this project')
    .option('--apply', 'remove it; it can not be restored')
    .option('--dry-run', 'remove nothing, only show how much it is (default)')
    .action(
      createAction<Options>(async (invocation, { olderThan, project, apply = false }) => {
        const fields = { olderThanSeconds: olderThan, project, isDryRun: !apply }
        for (let after: string | undefined, sum = EMPTY; ;) {
          const result = await invocation.pawl.removeContent({ ...fields, after })
          if (result.__typename !== 'RemoveContentSuccess')
            return invocation.answerResult(result, () => undefined)
          sum = add(sum, result)
          after = result.pageInfo.endCursor ?? undefined
          if (result.pageInfo.hasNextPage) continue
          invocation.answer({ isDryRun: !apply, ...sum }, (printer) => {
            const rows = sum.projects.map(({ project: name, runs, bytes }) => [
              safeText(name),
              `${runs}`,
              `${Math.ceil(bytes / 1024)}`,
            ])
            if (rows.length === 0) printer.line('there is no content to remove')
            else printTable(printer, ['PROJECT', 'RUNS', 'KIB'], rows)
            for (const id of sum.failed)
              printer.line(`${id}  its content could not be removed: pawl doctor says what is wrong`)
            if (!apply && rows.length > 0) printer.line('nothing was removed: add --apply to remove it')
          })
          return sum.failed.length > 0 ? EXIT.fault : EXIT.done
        }
      }),
    )
}

type Removed = Extract<Awaited<ReturnType<Pawl['removeContent']>>, { __typename: 'RemoveContentSuccess' }>
type Sum = Pick<Removed, 'projects' | 'failed'>

const EMPTY: Sum = { projects: [], failed: [] }

/** Portions continue in the same order, so that a project is in the last one of the sum, or new. */
function add(sum: Sum, { projects, failed }: Removed): Sum {
  const joined = [...sum.projects]
  for (const each of projects) {
    const last = joined.at(-1)
    if (last?.project === each.project)
      joined[joined.length - 1] = { ...last, runs: last.runs + each.runs, bytes: last.bytes + each.bytes }
    else joined.push(each)
  }
  return { projects: joined, failed: [...sum.failed, ...failed] }
}

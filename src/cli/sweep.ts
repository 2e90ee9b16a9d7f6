import type { Command } from 'commander'
import { createAction } from './kit/invocation.ts'
import type { CommonOptions } from './kit/invocation.ts'
import { createCommand } from './kit/options.ts'

interface Options extends CommonOptions {
  readonly dryRun?: boolean
}

/** `pawl sweep`: handles expired leases and time limits now. Servers do so by themselves; this shows it. */
export function sweepCommand(): Command {
  return createCommand('sweep', 'handle runs whose owner is lost or whose time limit is reached', [
    'pawl sweep --dry-run   # only list them',
  ])
    .option('--dry-run', 'change nothing, only list the runs')
    .action(
      createAction<Options>(async (invocation, { dryRun }) => {
        const result = await invocation.pawl.sweep({ isDryRun: dryRun })
        return invocation.answerResult(result, ({ lapsed, expired }, printer) => {
          for (const id of lapsed) printer.line(`${id}  ${dryRun ? 'would be lapsed' : 'lapsed'}`)
          for (const id of expired) printer.line(`${id}  ${dryRun ? 'would expire' : 'expired'}`)
          if (lapsed.length + expired.length === 0) printer.line('nothing is due')
        })
      }),
    )
}

import type { Command } from 'commander'
import type { CancelRunResult, SuccessOf } from '@pawl/sdk'
import { chooseRun } from '../chooseRun.ts'
import { act } from '../invocation.ts'
import { createCommand, revisionOption } from '../options.ts'
import { changesRun } from './argument.ts'
import type { ChangeOptions } from './argument.ts'
import { printRunLine } from './printRun.ts'

interface Options extends ChangeOptions {
  readonly comment?: string
  readonly ifRevision?: number
}

/** `pawl run cancel`: cancels a run; one with a live owner stays CANCELLING until that has stopped. */
export function runCancelCommand(): Command {
  const command = createCommand('cancel', 'cancel a run; its owner is told to stop and to confirm it', [
    "pawl run cancel run_01k9… --comment 'wrong branch'",
    'pawl run cancel run_01k9… && pawl run watch run_01k9…   # until its owner has stopped',
  ])
  return changesRun(command)
    .option('--comment <text>', 'why, for the log')
    .addOption(revisionOption())
    .action(
      act<Options, [string | undefined]>(async (invocation, options, id) => {
        const { run } = await chooseRun(invocation, id)
        const { comment, ifRevision, idempotencyKey } = options
        const result = await invocation.pawl.runs.cancel(run.id, { comment, ifRevision, idempotencyKey })
        return invocation.settle(result, (success, paper) => {
          printRunLine(paper, success.run)
          const remark = explain(success)
          if (remark) invocation.note(remark)
        })
      }),
    )
}

function explain({ changed, run }: SuccessOf<CancelRunResult>): string | null {
  if (!changed) return `nothing was changed: it is ${run.status} already`
  return run.status === 'CANCELLING' ? 'its owner was told to stop and has to confirm it' : null
}

import type { Command } from 'commander'
import { act } from '../invocation.ts'
import { createCommand, keyOption } from '../options.ts'
import type { ChangeOptions } from './argument.ts'

/** `pawl run delete`: deletes a settled run. The run has to be named: what is gone can't be asked back. */
export function runDeleteCommand(): Command {
  return createCommand('delete', 'delete a settled run with everything below it', [
    'pawl run delete run_01k9…',
  ])
    .argument('<run>', 'id of the run')
    .addOption(keyOption())
    .action(
      act<ChangeOptions, [string]>(async (invocation, { idempotencyKey }, id) => {
        const result = await invocation.pawl.runs.delete(id, { idempotencyKey })
        return invocation.settle(result, (success, paper) => paper.line(`deleted ${success.runId}`))
      }),
    )
}

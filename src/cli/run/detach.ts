import type { Command } from 'commander'
import { chooseRunId } from '../kit/chooseRun.ts'
import { createAction } from '../kit/invocation.ts'
import { createCommand, revisionOption } from '../kit/options.ts'
import { addChangeOptions } from './changeOptions.ts'
import type { ChangeOptions } from './changeOptions.ts'
import { printRunLine } from '../print/printRun.ts'

interface Options extends ChangeOptions {
  readonly comment?: string
  readonly ifRevision?: number
}

/** `pawl run detach`: makes a child independent of its parent. */
export function runDetachCommand(): Command {
  const command = createCommand('detach', 'make a child independent of its parent', [
    "pawl run detach run_01k9… --comment 'independent from now on'",
  ])
  return addChangeOptions(command)
    .option('--comment <text>', 'comment for the log')
    .addOption(revisionOption())
    .action(
      createAction<Options, [string | undefined]>(async (invocation, options, id) => {
        const runId = await chooseRunId(invocation, id)
        const { comment, ifRevision, idempotencyKey } = options
        const result = await invocation.pawl.runs.detach(runId, { comment, ifRevision, idempotencyKey })
        return invocation.answerResult(result, (success, printer) => {
          printRunLine(printer, success.run)
          invocation.note(
            success.hasChanged
              ? 'it is no longer cancelled with its parent, and its parent no longer waits for it'
              : 'nothing was changed: it was already detached',
          )
        })
      }),
    )
}

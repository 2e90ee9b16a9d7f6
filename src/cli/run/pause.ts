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

/** `pawl run pause`: pauses a run; its owner is told to stop. */
export function runPauseCommand(): Command {
  const command = createCommand('pause', 'pause a run; its owner has to stop, and keeps the lease', [
    "pawl run pause run_01k9… --comment 'waiting for the freeze to end'",
  ])
  return addChangeOptions(command)
    .option('--comment <text>', 'comment for the log')
    .addOption(revisionOption())
    .action(
      createAction<Options, [string | undefined]>(async (invocation, options, id) => {
        const runId = await chooseRunId(invocation, id)
        const { comment, ifRevision, idempotencyKey } = options
        const result = await invocation.pawl.runs.pause(runId, { comment, ifRevision, idempotencyKey })
        return invocation.answerResult(result, (success, printer) => printRunLine(printer, success.run))
      }),
    )
}

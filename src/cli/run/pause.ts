import type { Command } from 'commander'
import { chooseRunId } from '../kit/chooseRun.ts'
import { createAction } from '../kit/invocation.ts'
import { createCommand, DEFAULT_RUN, keyOption, revisionOption } from '../kit/options.ts'
import type { ChangeOptions } from './changeOptions.ts'
import { printRunLine } from '../print/printRun.ts'
import { addSeveralOptions, changeRuns } from './severalRuns.ts'
import type { SeveralOptions } from './severalRuns.ts'

interface Options extends ChangeOptions, SeveralOptions {
  readonly comment?: string
  readonly ifRevision?: number
}

/** `pawl run pause`: pauses runs; their owners are told to stop. */
export function runPauseCommand(): Command {
  const command = createCommand('pause', 'pause runs; their owners have to stop, and keep their leases', [
    "pawl run pause run_01k9… --comment 'waiting for the freeze to end'",
    'pawl run pause --filter status=running --filter workflow=delivery',
  ])
  return addSeveralOptions(command, DEFAULT_RUN)
    .option('--comment <text>', 'comment for the log')
    .addOption(keyOption())
    .addOption(revisionOption())
    .action(
      createAction<Options, [readonly string[]]>((invocation, options, typed) => {
        const { comment, ifRevision, idempotencyKey } = options
        return changeRuns(invocation, typed, options, {
          command: 'PAUSE',
          onlyForOne: { 'if-revision': ifRevision, 'idempotency-key': idempotencyKey },
          choose: (id) => chooseRunId(invocation, id),
          change: async (runId) => {
            const result = await invocation.pawl.runs.pause(runId, { comment, ifRevision, idempotencyKey })
            return invocation.answerResult(result, ({ run }, printer) => printRunLine(printer, run))
          },
        })
      }),
    )
}

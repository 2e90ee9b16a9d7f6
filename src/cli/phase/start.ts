import type { Command } from 'commander'
import { chooseRunId } from '../kit/chooseRun.ts'
import { createAction } from '../kit/invocation.ts'
import { createCommand } from '../kit/options.ts'
import { addOwnerOptions } from '../kit/ownerOptions.ts'
import type { OwnerOptions } from '../kit/ownerOptions.ts'
import { printPhaseLine } from '../print/printPhase.ts'

interface Options extends OwnerOptions {
  readonly repair?: boolean
  readonly because?: string
}

/** `pawl phase start`: starts the current phase. */
export function phaseStartCommand(): Command {
  const command = createCommand('start', 'start the current phase, again if it has failed', [
    'pawl phase start context',
    "pawl phase start analysis --repair --because 'the report was cut off'",
  ]).argument('<phase>', 'key of the current phase')
  return addOwnerOptions(command)
    .option('--repair', 'begin another attempt of a phase that is running')
    .option('--because <text>', 'reason for the log')
    .action(
      createAction<Options, [string]>(async (invocation, options, phase) => {
        const runId = await chooseRunId(invocation, options.run)
        const { fence, repair, because, idempotencyKey } = options
        const fields = { fence, isRepair: repair, because, idempotencyKey }
        const result = await invocation.pawl.phases.start(runId, phase, fields)
        return invocation.answerResult(result, (success, printer) => printPhaseLine(printer, success))
      }),
    )
}

import type { Command } from 'commander'
import { chooseRunId } from '../kit/chooseRun.ts'
import { act } from '../kit/invocation.ts'
import { createCommand } from '../kit/options.ts'
import { drivesRun } from '../kit/driving.ts'
import type { DrivingOptions } from '../kit/driving.ts'
import { printPhaseLine } from '../print/printPhase.ts'

interface Options extends DrivingOptions {
  readonly repair?: boolean
  readonly because?: string
}

/** `pawl phase start`: starts the current phase. */
export function phaseStartCommand(): Command {
  const command = createCommand('start', 'start the current phase, once more where it had failed', [
    'pawl phase start context',
    "pawl phase start analysis --repair --because 'the report was cut off'",
  ]).argument('<phase>', 'key of the current phase')
  return drivesRun(command)
    .option('--repair', 'another attempt of a phase that is under way')
    .option('--because <text>', 'why it is repaired, for the log')
    .action(
      act<Options, [string]>(async (invocation, options, phase) => {
        const runId = await chooseRunId(invocation, options.run)
        const { fence, repair, because, idempotencyKey } = options
        const fields = { fence, repair, because, idempotencyKey }
        const result = await invocation.pawl.phases.start(runId, phase, fields)
        return invocation.settle(result, (success, paper) => printPhaseLine(paper, success))
      }),
    )
}

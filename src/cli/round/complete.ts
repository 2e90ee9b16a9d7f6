import type { Command } from 'commander'
import { chooseRunId } from '../kit/chooseRun.ts'
import { act } from '../kit/invocation.ts'
import { createCommand, readJson } from '../kit/options.ts'
import { drivesRun } from '../kit/driving.ts'
import type { DrivingOptions } from '../kit/driving.ts'

interface Options extends DrivingOptions {
  readonly summary?: string
}

/** `pawl round complete`: completes the current round. */
export function roundCompleteCommand(): Command {
  const command = createCommand('complete', 'complete the current round; again, it changes nothing', [
    'pawl round complete --summary @findings.json',
  ])
  return drivesRun(command)
    .option('--summary <json>', 'what the round came to: JSON, @file or - for standard input')
    .action(
      act<Options>(async (invocation, options) => {
        const summary = readJson(options.summary, '--summary')
        const runId = await chooseRunId(invocation, options.run)
        const { fence, idempotencyKey } = options
        const result = await invocation.pawl.rounds.complete(runId, { fence, summary, idempotencyKey })
        return invocation.settle(result, ({ round, changed }, paper) =>
          paper.line(changed ? `round ${round} is complete` : `round ${round} was complete already`),
        )
      }),
    )
}

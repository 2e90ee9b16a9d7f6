import type { Command } from 'commander'
import { chooseRunId } from '../kit/chooseRun.ts'
import { createAction } from '../kit/invocation.ts'
import { createCommand, readJson } from '../kit/options.ts'
import { addOwnerOptions } from '../kit/ownerOptions.ts'
import type { OwnerOptions } from '../kit/ownerOptions.ts'

interface Options extends OwnerOptions {
  readonly summary?: string
}

/** `pawl round complete`: completes the current round. */
export function roundCompleteCommand(): Command {
  const command = createCommand('complete', 'complete the current round; repeating it changes nothing', [
    'pawl round complete --summary @findings.json',
  ])
  return addOwnerOptions(command)
    .option('--summary <json>', 'result of the round: JSON, @file or - for standard input')
    .action(
      createAction<Options>(async (invocation, options) => {
        const summary = readJson(options.summary, '--summary')
        const runId = await chooseRunId(invocation, options.run)
        const { fence, idempotencyKey } = options
        const result = await invocation.pawl.rounds.complete(runId, { fence, summary, idempotencyKey })
        return invocation.answerResult(result, ({ round, hasChanged: changed }, printer) =>
          printer.line(changed ? `round ${round} is complete` : `round ${round} was complete already`),
        )
      }),
    )
}

import type { Command } from 'commander'
import { chooseRunId } from '../kit/chooseRun.ts'
import { createAction } from '../kit/invocation.ts'
import { createCommand, fenceOption, readJson, revisionOption } from '../kit/options.ts'
import { addChangeOptions } from './changeOptions.ts'
import type { ChangeOptions } from './changeOptions.ts'
import { printRunLine } from '../print/printRun.ts'

interface Options extends ChangeOptions {
  readonly output?: string
  readonly fence?: number
  readonly ifRevision?: number
}

/** `pawl run complete`: completes a run, if the server has all evidence. */
export function runCompleteCommand(): Command {
  const command = createCommand('complete', 'complete a run, if the server has all evidence', [
    'pawl run complete --output @result.json',
    'pawl run complete run_01k9… --fence 1',
  ])
  return addChangeOptions(command)
    .option('--output <json>', 'output of the run: JSON, @file or - for standard input')
    .addOption(fenceOption())
    .addOption(revisionOption())
    .action(
      createAction<Options, [string | undefined]>(async (invocation, options, id) => {
        const output = readJson(options.output, '--output')
        const runId = await chooseRunId(invocation, id)
        const { fence, ifRevision, idempotencyKey } = options
        const result = await invocation.pawl.runs.complete(runId, {
          output,
          fence,
          ifRevision,
          idempotencyKey,
        })
        return invocation.answerResult(result, ({ run, hasChanged: changed }, printer) => {
          if (run) printRunLine(printer, run)
          else printer.line(`${runId} is COMPLETED`)
          if (!changed) invocation.note('nothing was changed: it was already COMPLETED')
        })
      }),
    )
}

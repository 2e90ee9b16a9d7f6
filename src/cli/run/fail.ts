import { Option } from 'commander'
import type { Command } from 'commander'
import type { FailReason } from '@pawl/sdk'
import { chooseRunId } from '../kit/chooseRun.ts'
import { createAction } from '../kit/invocation.ts'
import { createCommand, fenceOption, parseWord } from '../kit/options.ts'
import { addChangeOptions } from './changeOptions.ts'
import type { ChangeOptions } from './changeOptions.ts'
import { printRunLine } from '../print/printRun.ts'

interface Options extends ChangeOptions {
  readonly error: string
  readonly reason: FailReason
  readonly fence?: number
}

const REASONS: readonly FailReason[] = ['REPORTED_FAILURE', 'START_FAILED', 'INCOMPLETE']

/** `pawl run fail`: fails a run with an error message. */
export function runFailCommand(): Command {
  const command = createCommand('fail', 'fail a run', ["pawl run fail --error 'the tests do not build'"])
  return addChangeOptions(command)
    .requiredOption('--error <text>', 'what went wrong')
    .addOption(
      new Option('--reason <reason>', `reason: ${REASONS.join(', ')}`)
        .argParser(parseWord(REASONS))
        .default('REPORTED_FAILURE'),
    )
    .addOption(fenceOption())
    .action(
      createAction<Options, [string | undefined]>(async (invocation, options, id) => {
        const runId = await chooseRunId(invocation, id)
        const { error, reason, fence, idempotencyKey } = options
        const result = await invocation.pawl.runs.fail(runId, { error, reason, fence, idempotencyKey })
        return invocation.answerResult(result, ({ run }, printer) =>
          run ? printRunLine(printer, run) : printer.line(`${runId} was FAILED by this claim`),
        )
      }),
    )
}

import { Option } from 'commander'
import type { Command } from 'commander'
import type { ErrorClass } from '@pawl/sdk'
import { chooseRun } from '../chooseRun.ts'
import { act } from '../invocation.ts'
import { createCommand } from '../options.ts'
import { drivesRun } from '../driving.ts'
import type { DrivingOptions } from '../driving.ts'
import { printPhaseLine } from './printPhase.ts'

interface Options extends DrivingOptions {
  readonly message: string
  readonly class: ErrorClass
  readonly code: string
  readonly hint?: string
}

const CLASSES: readonly ErrorClass[] = ['RECOVERABLE', 'HUMAN_REQUIRED', 'FATAL']

/** `pawl phase fail`: ends the current phase's attempt as FAILED; the run goes on. */
export function phaseFailCommand(): Command {
  const command = createCommand(
    'fail',
    "end the current phase's attempt as FAILED; it can be started again",
    ["pawl phase fail analysis --message 'no answer from the model' --code MODEL_TIMEOUT"],
  ).argument('<phase>', 'key of the current phase')
  return drivesRun(command)
    .requiredOption('--message <text>', 'what went wrong')
    .addOption(new Option('--class <class>', 'how it is to be met').choices(CLASSES).default('RECOVERABLE'))
    .option('--code <code>', 'a word for programs', 'REPORTED')
    .option('--hint <text>', 'what may help')
    .action(
      act<Options, [string]>(async (invocation, options, phase) => {
        const { run } = await chooseRun(invocation, options.run)
        const { fence, idempotencyKey, message, code, hint } = options
        const error = { class: options.class, code, message, hint }
        const result = await invocation.pawl.phases.fail(run.id, phase, { fence, idempotencyKey, error })
        return invocation.settle(result, (success, paper) => printPhaseLine(paper, success))
      }),
    )
}

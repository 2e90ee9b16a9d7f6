import type { Command } from 'commander'
import { chooseRunId } from '../kit/chooseRun.ts'
import { createAction } from '../kit/invocation.ts'
import { createCommand, parseCount, parseMoment } from '../kit/options.ts'
import { addChangeOptions } from './changeOptions.ts'
import type { ChangeOptions } from './changeOptions.ts'
import { printRunLine } from '../print/printRun.ts'

interface Options extends ChangeOptions {
  readonly fence: number
  readonly notBefore?: string
  readonly waitsFor?: string
  readonly untilChildren?: boolean
}

/** `pawl run release`: gives a run back, by whoever claimed it. */
export function runReleaseCommand(): Command {
  const command = createCommand('release', 'give a claimed run back, for another owner to claim', [
    'pawl run release run_01k9… --fence 1',
    'pawl run release run_01k9… --fence 1 --not-before 20m --waits-for "the quota of the model"',
  ])
  return addChangeOptions(command)
    .requiredOption('--fence <number>', 'the fence of your claim; nobody else can end it', parseCount)
    .option(
      '--not-before <when>',
      'nobody claims it before: a time, or how long from now (20m), at most 8 days',
      parseMoment,
    )
    .option('--waits-for <text>', 'what it waits for, to be shown')
    .option('--until-children', 'nobody claims it before the children attached to it have ended')
    .action(
      createAction<Options, [string | undefined]>(
        async (invocation, { fence, notBefore, waitsFor, untilChildren, idempotencyKey }, id) => {
          const runId = await chooseRunId(invocation, id)
          const result = await invocation.pawl.runs.release(runId, {
            fence,
            notBefore,
            waitsFor,
            untilChildren,
            idempotencyKey,
          })
          return invocation.answerResult(result, (success, printer) => printRunLine(printer, success.run))
        },
      ),
    )
}

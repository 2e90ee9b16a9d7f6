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

/** `pawl run release`: ends a claim and returns the run to the queue. */
export function runReleaseCommand(): Command {
  const command = createCommand('release', 'end a claim and return the run to the queue', [
    'pawl run release run_01k9… --fence 1',
    'pawl run release run_01k9… --fence 1 --not-before 20m --waits-for "the quota of the model"',
  ])
  return addChangeOptions(command)
    .requiredOption('--fence <number>', 'the fence of your claim', parseCount)
    .option(
      '--not-before <when>',
      'it can not be claimed before this time, or before this duration has passed (20m); at most 8 days',
      parseMoment,
    )
    .option('--waits-for <text>', 'what it waits for, for display')
    .option('--until-children', 'it can not be claimed before its attached children have ended')
    .action(
      createAction<Options, [string | undefined]>(
        async (invocation, { fence, notBefore, waitsFor, untilChildren, idempotencyKey }, id) => {
          const runId = await chooseRunId(invocation, id)
          const result = await invocation.pawl.runs.release(runId, {
            fence,
            claimableAt: notBefore,
            waitsFor,
            isWaitingForChildren: untilChildren,
            idempotencyKey,
          })
          return invocation.answerResult(result, (success, printer) => printRunLine(printer, success.run))
        },
      ),
    )
}

import type { Command } from 'commander'
import { chooseRunId } from '../chooseRun.ts'
import { act } from '../invocation.ts'
import { createCommand, parseCount } from '../options.ts'
import { changesRun } from './argument.ts'
import type { ChangeOptions } from './argument.ts'
import { printRunLine } from './printRun.ts'

interface Options extends ChangeOptions {
  readonly fence: number
}

/** `pawl run release`: gives a run back, by whoever claimed it. */
export function runReleaseCommand(): Command {
  const command = createCommand('release', 'give a claimed run back, for another owner to claim', [
    'pawl run release run_01k9… --fence 1',
  ])
  return changesRun(command)
    .requiredOption('--fence <number>', 'the fence of your claim; nobody else can end it', parseCount)
    .action(
      act<Options, [string | undefined]>(async (invocation, { fence, idempotencyKey }, id) => {
        const runId = await chooseRunId(invocation, id)
        const result = await invocation.pawl.runs.release(runId, { fence, idempotencyKey })
        return invocation.settle(result, (success, paper) => printRunLine(paper, success.run))
      }),
    )
}

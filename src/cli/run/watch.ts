import type { Command } from 'commander'
import { chooseRun } from '../kit/chooseRun.ts'
import { EXIT } from '../kit/exitCodes.ts'
import { createAction } from '../kit/invocation.ts'
import type { CommonOptions } from '../kit/invocation.ts'
import { createCommand, runArgument } from '../kit/options.ts'
import { withInterrupt } from '../kit/withInterrupt.ts'
import { EXIT_OF_OUTCOME, followToEnd } from './followToEnd.ts'

interface Options extends CommonOptions {
  readonly untilFinal?: boolean
  readonly exitStatus?: boolean
}

/** `pawl run watch`: follows a run to its end, in a live view on a terminal, else as one event a line. */
export function runWatchCommand(): Command {
  return createCommand('watch', 'follow a run until it has settled', [
    'pawl run watch',
    'pawl run watch run_01k9… --exit-status && ./deploy.sh',
    'pawl run watch --json | jq -r .status   # one snapshot a line',
  ])
    .addArgument(runArgument())
    .option('--until-final', 'continue after a failure, since the run may be resumed')
    .option('--exit-status', 'exit with 0 for SUCCESS, 6 for INCOMPLETE, 1 for FAILED, 8 for CANCELLED')
    .action(
      createAction<Options, [string | undefined]>(async (invocation, options, id) => {
        const { run } = await chooseRun(invocation, id)
        const untilSettled = !options.untilFinal
        return withInterrupt(async (signal) => {
          const last = await followToEnd(invocation, run, { signal, untilSettled })
          return options.exitStatus && last?.outcome ? EXIT_OF_OUTCOME[last.outcome] : EXIT.done
        })
      }),
    )
}

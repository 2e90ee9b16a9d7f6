import type { Command } from 'commander'
import type { Outcome, RunDetail } from '@pawl/sdk'
import { chooseRun } from '../kit/chooseRun.ts'
import { EXIT } from '../kit/exitCodes.ts'
import type { ExitCode } from '../kit/exitCodes.ts'
import { createAction } from '../kit/invocation.ts'
import type { CommonOptions, Invocation } from '../kit/invocation.ts'
import { createCommand } from '../kit/options.ts'
import { withInterrupt } from '../kit/withInterrupt.ts'
import { runArgument } from './changeOptions.ts'
import { eventLine } from './eventLine.ts'
import { followLive } from './followLive.ts'
import { followRun } from './followRun.ts'
import { printRunLine } from '../print/printRun.ts'

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
          const last = await follow(invocation, run, { signal, untilSettled })
          return options.exitStatus && last?.outcome ? EXIT_OF_OUTCOME[last.outcome] : EXIT.done
        })
      }),
    )
}

const EXIT_OF_OUTCOME: Readonly<Record<Outcome, ExitCode>> = {
  SUCCESS: EXIT.done,
  INCOMPLETE: EXIT.evidenceMissing,
  FAILED: EXIT.fault,
  CANCELLED: EXIT.lostRace,
}

interface Until {
  readonly signal: AbortSignal
  readonly untilSettled: boolean
}

function follow(invocation: Invocation, run: RunDetail, until: Until): Promise<RunDetail | null> {
  if (invocation.isJson) return followAsJson(invocation, run, until)
  return invocation.out.isTerminal
    ? followLive(invocation, run, until)
    : followAsLines(invocation, run, until)
}

async function followAsJson(
  { pawl, out }: Invocation,
  run: RunDetail,
  until: Until,
): Promise<RunDetail | null> {
  for await (const frame of pawl.runs.watch(run.id, until)) out.line(JSON.stringify(frame))
  return until.signal.aborted ? null : pawl.runs.get(run.id)
}

async function followAsLines(invocation: Invocation, run: RunDetail, until: Until) {
  const { pawl, out } = invocation
  let asked: string | undefined
  const last = await followRun(pawl, run, {
    ...until,
    onRun: (_, approval) => {
      if (approval && approval.id !== asked)
        invocation.note(`a person has to decide: pawl approval decide ${approval.id}`)
      asked = approval?.id
    },
    onEvent: (event) => out.line(eventLine(out.colors, event)),
    onConnection: () => undefined,
  })
  if (last) printRunLine(out, last)
  return last
}

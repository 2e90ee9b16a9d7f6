import type { Command } from 'commander'
import type { RunEvent } from '@pawl/sdk'
import { chooseRun } from '../kit/chooseRun.ts'
import { EXIT } from '../kit/exitCodes.ts'
import { createAction } from '../kit/invocation.ts'
import type { CommonOptions, Invocation } from '../kit/invocation.ts'
import { createCommand, parseCount, runArgument } from '../kit/options.ts'
import { withInterrupt } from '../kit/withInterrupt.ts'
import { eventLine } from './eventLine.ts'

interface Options extends CommonOptions {
  readonly after: number
  readonly follow?: boolean
}

/** `pawl run events`: the event log of a run. */
export function runEventsCommand(): Command {
  return createCommand('events', "print a run's event log, one event a line", [
    'pawl run events run_01k9… --follow',
    'pawl run events --json | jq \'select(.type == "PHASE_FAILED")\'',
  ])
    .addArgument(runArgument())
    .option('--after <seq>', 'only events after this number', parseCount, 0)
    .option('-f, --follow', 'also print new events, until the run has settled')
    .action(
      createAction<Options, [string | undefined]>(async (invocation, { after, follow }, id) => {
        const { run } = await chooseRun(invocation, id)
        const last = follow ? Infinity : run.revision
        if (after >= last) return EXIT.done
        return withInterrupt(async (signal) => {
          const events = invocation.pawl.runs.events(run.id, { after, signal, untilSettled: true })
          for await (const event of events) {
            printEvent(invocation, event)
            // The last event's seq is the run's revision.
            if (event.seq >= last) break
          }
        })
      }),
    )
}

function printEvent({ out, isJson }: Invocation, event: RunEvent): void {
  out.line(isJson ? JSON.stringify(event) : eventLine(out.colors, event))
}

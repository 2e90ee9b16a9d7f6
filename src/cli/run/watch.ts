import type { Command } from 'commander'
import type { Outcome, RunDetail, RunEvent } from '@pawl/sdk'
import { chooseRun } from '../chooseRun.ts'
import { EXIT } from '../exitCodes.ts'
import type { ExitCode } from '../exitCodes.ts'
import { act } from '../invocation.ts'
import type { CommonOptions, Invocation } from '../invocation.ts'
import { createCommand } from '../options.ts'
import { LiveScreen } from '../terminal/liveScreen.ts'
import { withInterrupt } from '../withInterrupt.ts'
import { runArgument } from './argument.ts'
import { eventLine } from './eventLine.ts'
import { followRun } from './followRun.ts'
import { printRunLine } from './printRun.ts'
import { watchLines } from './watchView.ts'

interface Options extends CommonOptions {
  readonly untilFinal?: boolean
  readonly exitStatus?: boolean
}

/** `pawl run watch`: follows a run to its end: a live view on a terminal, events line by line elsewhere. */
export function runWatchCommand(): Command {
  return createCommand('watch', 'follow a run live, until it has settled', [
    'pawl run watch',
    'pawl run watch run_01k9… --exit-status && ./deploy.sh',
    'pawl run watch --json | jq -r .status   # one frame a line',
  ])
    .addArgument(runArgument())
    .option('--until-final', 'go on after a failure, which a resume may follow')
    .option('--exit-status', 'end with 0 for SUCCESS, 6 for INCOMPLETE, 1 for FAILED, 8 for CANCELLED')
    .action(
      act<Options, [string | undefined]>(async (invocation, options, id) => {
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

async function followAsLines({ pawl, out }: Invocation, run: RunDetail, until: Until) {
  const last = await followRun(pawl, run, {
    ...until,
    onRun: () => undefined,
    onEvent: (event) => out.line(eventLine(out.colors, event)),
    onConnection: () => undefined,
  })
  if (last) printRunLine(out, last)
  return last
}

/** Drawn anew with each change, and each second for what time changes. */
const REDRAW_MS = 1_000

async function followLive(
  { pawl, out }: Invocation,
  run: RunDetail,
  until: Until,
): Promise<RunDetail | null> {
  const screen = new LiveScreen(out)
  const events: RunEvent[] = []
  let present = run
  let aheadMs = 0
  let isConnected = true
  let isDue = false
  const draw = () => {
    isDue = false
    const now = new Date(Date.now() + aheadMs).toISOString()
    screen.draw(watchLines(out.colors, { run: present, events, isConnected, now }, screen.room))
  }
  // Changes come in bursts: what comes in one turn of the event loop is drawn once.
  const redraw = () => {
    if (!isDue) setImmediate(draw)
    isDue = true
  }
  const timer = setInterval(redraw, REDRAW_MS)
  process.stdout.on('resize', redraw)
  try {
    return await followRun(pawl, run, {
      ...until,
      onRun: (next) => {
        present = next
        aheadMs = Date.parse(next.asOf) - Date.now()
        redraw()
      },
      onEvent: (event) => {
        events.push(event)
        if (events.length > 100) events.shift()
        redraw()
      },
      onConnection: (connected) => {
        isConnected = connected
        redraw()
      },
    })
  } finally {
    clearInterval(timer)
    process.stdout.off('resize', redraw)
    draw()
    screen.end()
  }
}

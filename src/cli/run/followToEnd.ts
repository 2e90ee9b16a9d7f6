import type { Outcome, RunDetail } from '@pawl/sdk'
import { EXIT } from '../kit/exitCodes.ts'
import type { ExitCode } from '../kit/exitCodes.ts'
import type { Invocation } from '../kit/invocation.ts'
import { printRunLine } from '../print/printRun.ts'
import { eventLine } from './eventLine.ts'
import { followLive } from './followLive.ts'
import { followRun } from './followRun.ts'

/** The exit code that tells a run's outcome. */
export const EXIT_OF_OUTCOME: Readonly<Record<Outcome, ExitCode>> = {
  SUCCESS: EXIT.done,
  INCOMPLETE: EXIT.evidenceMissing,
  FAILED: EXIT.fault,
  CANCELLED: EXIT.lostRace,
}

interface Until {
  readonly signal: AbortSignal
  readonly untilSettled: boolean
}

/**
 * Follows a run until it has settled, in a live view on a terminal, as one snapshot a line with `--json`, else as one event a line.
 *
 * @returns the run at the end; null if it was deleted, or the signal aborted
 */
export function followToEnd(invocation: Invocation, run: RunDetail, until: Until): Promise<RunDetail | null> {
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
        invocation.note(invocation.err.ids(`a person has to decide: pawl approval decide ${approval.id}`))
      asked = approval?.id
    },
    onEvent: (event) => out.line(eventLine(out.colors, event)),
    onConnection: () => undefined,
  })
  if (last) printRunLine(out, last)
  return last
}

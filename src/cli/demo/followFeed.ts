import type { Pawl, Run } from '@pawl/sdk'
import { eventLine } from '../run/eventLine.ts'
import type { Narrator } from './narrator.ts'

/** Which events are shown. */
interface Shown {
  readonly runId: string
  /** The last event that was shown already. */
  readonly after: number
  /** The last one to show; default: that which settles the run. */
  readonly upTo?: number
  readonly signal: AbortSignal
}

/** Shows a run's events from its subscription, and returns the `seq` of the last one that was shown. */
export async function showEvents(
  pawl: Pawl,
  narrator: Narrator,
  { runId, after, upTo = Infinity, signal }: Shown,
): Promise<number> {
  let last = after
  if (last >= upTo) return last
  for await (const event of pawl.runs.events(runId, { after, untilSettled: true, signal })) {
    narrator.echo(eventLine(narrator.colors, event))
    last = event.seq
    if (last >= upTo) break
  }
  return last
}

/** The first run with this label that the feed of all runs brings, from a cursor on. */
export async function awaitRun(
  pawl: Pawl,
  { label, after, signal }: { label: string; after: string; signal: AbortSignal },
): Promise<Run> {
  for await (const { run } of pawl.runs.changes({ filter: { labels: [label] }, after, signal })) {
    if (run) return run
  }
  throw new Error('the feed ended before the run came up')
}

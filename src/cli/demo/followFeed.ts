import type { Pawl, Run } from '@pawl/sdk'
import { eventLine } from '../run/eventLine.ts'
import type { Narrator } from './narrator.ts'

/** Which events to show. */
interface Shown {
  readonly runId: string
  /** `seq` of the last event that was already shown. */
  readonly after: number
  /** `seq` of the last event to show; default: the one that settles the run. */
  readonly upTo?: number
  readonly signal: AbortSignal
}

/** Shows a run's events from its subscription. Returns the `seq` of the last one shown. */
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

/** The first run with this label that appears in the feed of changed runs after a cursor. */
export async function awaitRun(
  pawl: Pawl,
  { label, after, signal }: { label: string; after: string; signal: AbortSignal },
): Promise<Run> {
  for await (const { run } of pawl.runs.changes({ filter: { labels: [label] }, after, signal })) {
    if (run) return run
  }
  throw new Error('the feed ended before the run appeared in it')
}

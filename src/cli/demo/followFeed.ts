import type { Pawl, Run } from '@pawl/sdk'
import { eventLine } from '../run/eventLine.ts'
import type { Stage } from './stage.ts'

/** Shows a run's events from its subscription, from the one after `after` until the run has settled. */
export async function showEvents(
  pawl: Pawl,
  stage: Stage,
  { runId, after, signal }: { runId: string; after: number; signal: AbortSignal },
): Promise<void> {
  for await (const event of pawl.runs.events(runId, { after, untilSettled: true, signal })) {
    stage.echo(eventLine(stage.colors, event))
  }
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

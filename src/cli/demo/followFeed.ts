import type { Pawl, Run } from '@pawl/sdk'
import { eventLine } from '../run/eventLine.ts'
import type { Stage } from './stage.ts'

/** Shows a run's events from its subscription, from the one after `after` until the run has settled. */
export async function showEvents(
  pawl: Pawl,
  stage: Stage,
  { runId, after = 0, signal }: { runId: string; after?: number; signal?: AbortSignal },
): Promise<void> {
  for await (const event of pawl.runs.events(runId, { after, untilSettled: true, signal })) {
    stage.echo(eventLine(stage.colors, event))
  }
}

/** Listens to the feed of all runs; `first` resolves with the first run with this label that comes up. */
export function awaitRun(
  pawl: Pawl,
  label: string,
  feedCursor: string,
): { first: Promise<Run>; end: () => void } {
  const controller = new AbortController()
  const first = (async () => {
    const changes = pawl.runs.changes({
      filter: { labels: [label] },
      after: feedCursor,
      signal: controller.signal,
    })
    for await (const { run } of changes) if (run) return run
    throw new Error('the feed ended before the run came up')
  })()
  return { first, end: () => controller.abort() }
}

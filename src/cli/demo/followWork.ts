import type { RunEvent } from '@pawl/sdk'
import { eventLine } from '../run/eventLine.ts'
import { plain } from '../terminal/width.ts'
import type { Demo } from './demo.ts'

/** What the server alone knows; of the rest workers tell themselves. */
const SHOWN = /^(run|approval)\./

/** Where a run waits for a person, or has ended, without what is waited for. */
const WRONG = new Set(['run.paused', 'run.failed', 'run.cancelled', 'run.expired'])

/**
 * Follows a run that workers drive, and shows where it goes, until the event that is waited for.
 *
 * @throws where the run comes to a stop before.
 */
export async function followRun(
  { pawl, narrator, signal }: Demo,
  runId: string,
  after: number,
  isIt: (event: RunEvent) => boolean,
): Promise<RunEvent> {
  for await (const event of pawl.runs.events(runId, { after, untilSettled: true, signal })) {
    if (SHOWN.test(event.type)) narrator.echo(eventLine(narrator.colors, event))
    if (isIt(event)) return event
    if (WRONG.has(event.type)) throw new Error(`the story came out differently: ${event.summary}`)
  }
  throw new Error('the story came out differently: the run did not get on')
}

/** Shows what an agent says, until a pattern is in it. Returns the `seq` of the last chunk. */
export async function followTranscript(
  { pawl, narrator, signal }: Demo,
  { sessionId, after, pattern }: { sessionId: string; after: number; pattern: RegExp },
): Promise<number> {
  let text = ''
  for await (const chunk of pawl.sessions.transcript(sessionId, { after, signal })) {
    for (const line of chunk.text.split('\n').filter(Boolean)) narrator.echo(plain(line), 'agent')
    text += chunk.text
    if (pattern.test(text)) return chunk.seq
  }
  throw new Error('the story came out differently: the agent did not say what it has to')
}

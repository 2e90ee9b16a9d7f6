import { entryText } from '@pawl/sdk'
import type { RunEvent } from '@pawl/sdk'
import { eventLine } from '../run/eventLine.ts'
import { safeText } from '../terminal/width.ts'
import type { Demo } from './demo.ts'

/** Events that only the server reports; workers print the others themselves. */
const SHOWN = /^(RUN|APPROVAL)_/

/** Events after which the expected one can't come any more. */
const WRONG = new Set(['RUN_PAUSED', 'RUN_FAILED', 'RUN_CANCELLED', 'RUN_EXPIRED'])

/**
 * Follows a run that workers execute, and shows its progress, until the expected event.
 *
 * @throws if the run stops before it.
 */
export async function followRun(
  { pawl, narrator, signal }: Demo,
  runId: string,
  after: number,
  isIt: (event: RunEvent) => boolean,
): Promise<RunEvent> {
  for await (const event of pawl.runs.events(runId, { after, untilSettled: true, signal })) {
    if (SHOWN.test(event.type)) narrator.echo(eventLine(narrator.colors, event))
    if (event.type === 'APPROVAL_REQUESTED' && event.payload.kind === 'RECOVERY')
      throw new Error(`the demonstration failed: ${event.payload.question}`)
    if (isIt(event)) return event
    if (WRONG.has(event.type)) throw new Error(`the demonstration failed: ${event.summary}`)
  }
  throw new Error('the demonstration failed: the feed ended before the expected event')
}

/** Shows an agent's output until a pattern appears in it. Returns the `seq` of the last entry. */
export async function followTranscript(
  { pawl, narrator, signal }: Demo,
  { sessionId, after, pattern }: { sessionId: string; after: number; pattern: RegExp },
): Promise<number> {
  let text = ''
  for await (const entry of pawl.sessions.transcript(sessionId, { after, signal })) {
    const said = entryText(entry)
    for (const line of said.split('\n').filter(Boolean)) narrator.echo(safeText(line), 'agent')
    text += entry.kind === 'OUTPUT' ? said : `${said}\n`
    if (pattern.test(text)) return entry.seq
  }
  throw new Error('the demonstration failed: the agent did not print what was expected')
}

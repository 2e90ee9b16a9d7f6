import { parseEvent } from '../../lifecycle/run/events.ts'
import type { Change, NewRun } from './applyDecision.ts'
import type { EventPage } from './readEvents.ts'

/** What is known of a change that is announced after its commit. */
export interface Announced {
  /** Whether a run may be claimable since, so that who waits for one is woken, too; default: false. */
  readonly isQueued?: boolean | undefined
  /** What was appended to the log of the run, if that is all that has changed: its readers in this process need not read it. */
  readonly appended?: (() => EventPage) | undefined
}

/** What a decision that is committed has appended to the log of its run: the page that `readEvents` reads from the revision before it. */
export function appendedEvents({ after, events, key, earlierKeys }: Change | NewRun): EventPage {
  const { id: runId, revision, status, contentRemovedAt } = after
  const last = events.at(-1)
  return {
    events: events.map((event) => {
      const kept = event === last ? key : earlierKeys?.get(event.seq)
      const { seq, epoch, type, at, actor, actorId } = event
      // as the database returns it: what is undefined is left out
      const payload: unknown = JSON.parse(JSON.stringify(event.payload))
      return {
        ...parseEvent({ seq, epoch, type, at, actor, actorId, payload }),
        runId,
        key: kept?.key ?? null,
      }
    }),
    revision,
    status,
    contentRemovedAt,
    leaseExpired: false,
  }
}

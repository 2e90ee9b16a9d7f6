import { expect } from 'vitest'
import type { Commands } from '../../src/commands/kit/context.ts'
import { type EventPage, readEvents } from '../../src/store/run/readEvents.ts'

/** Commands whose readers are handed nothing but what the log holds. */
export interface CheckedAppends {
  readonly commands: Commands
  /** How many commits handed their events to readers. */
  readonly count: number
  /** Compares what was handed out since the last call with the log. */
  check(): Promise<void>
}

/** Keeps what commands hand to the readers of this process, to be compared with what they would have read. */
export function checkAppended(commands: Commands): CheckedAppends {
  const handed: { readonly runId: string; readonly page: EventPage }[] = []
  let count = 0
  return {
    commands: {
      ...commands,
      announce(runId, change) {
        if (change?.appended) handed.push({ runId, page: change.appended() })
        commands.announce(runId, change)
      },
    },
    get count() {
      return count
    },
    async check() {
      count += handed.length
      for (const { runId, page } of handed.splice(0)) {
        const { events, revision } = page
        const [first] = events
        const after = (first?.seq ?? 1) - 1
        const stored = await readEvents(commands.store.pool, runId, after, events.length)
        // the run was deleted since
        if (!stored) continue
        expect(events).toStrictEqual(stored.events)
        expect(revision).toBe(after + events.length)
        if (stored.revision === revision) expect(page).toStrictEqual({ ...stored, leaseExpired: false })
      }
    },
  }
}

import type { Commands } from '../commands/kit/context.ts'
import { sweepDue } from '../commands/sweep.ts'
import { agesOf, isSet, removeDueContent } from '../commands/run/removeContent.ts'
import type { RemovablePlace } from '../store/run/retention/listRemovable.ts'
import type { Log } from '../log.ts'
import { findTransientFault, type TransientFault } from '../store/sql/transientFaults.ts'
import { untilNextDue } from '../store/run/due/untilNextDue.ts'
import { type Heartbeat, tick } from '../store/account/tick.ts'
import type { Authenticator } from './auth/authenticate.ts'
import type { Metrics } from './health/metrics.ts'
import { repeat } from './kit/repeat.ts'
import type { Streams } from './engine/streams.ts'

/** Options of the server's timers. */
export interface TimerOptions {
  readonly commands: Commands
  readonly authenticator: Authenticator
  /** Streams to be ended when their tokens end. */
  readonly streams: readonly Streams[]
  readonly metrics: Metrics
  readonly log: Log
  /** Called with every heartbeat that was written. */
  readonly onBeat: (heartbeat: Heartbeat) => void
  /** Called with every heartbeat, after it. */
  readonly lookForOlderServers: () => Promise<void>
  /** Maximum time between two sweeps, in seconds. */
  readonly sweepSeconds: number
}

/** The server's timers. */
export interface Timers {
  /** Notes that a run has changed, so that the next expiry may be earlier. */
  noteChange(): void
  /** The fault of the last heartbeat; undefined if it was written. */
  lastWrite(): TransientFault | undefined
  /** Stops the timers. Resolves when nothing is running any more. */
  stop(): Promise<void>
}

const TICK_MS = 1000
/** Minimum time between two sweeps, in milliseconds. */
const MIN_WAIT_MS = 100
/** From how many runs content is removed at once, and how long the server pauses before the next ones, in milliseconds. */
const REMOVED_AT_ONCE = 20
const REMOVAL_PAUSE_MS = 1_000
/** How often the server looks for content to remove, in milliseconds. */
const REMOVAL_MS = 600_000
/** Random share by which the maximum time is shortened, so that servers don't sweep at the same time. */
const JITTER = 0.2

/**
 * Every second: writes the server's heartbeat, and ends streams whose tokens have ended. Every few seconds, and at the next expiry:
 * sweeps, so that an expired lease is handled within a second (G5). Where a retention is set: removes content, a few runs at a time. Any number of servers may do this on one database. Failures are
 * logged and retried.
 */
export function startTimers(options: TimerOptions): Timers {
  const { commands, authenticator, streams, metrics, log, onBeat, lookForOlderServers, sweepSeconds } =
    options
  const { pool } = commands.store
  let hasChanged = false
  let lastWrite: TransientFault | undefined

  const sweeps = repeat({
    async work() {
      const swept = await sweepDue(commands)
      metrics.countSweep(swept)
      const { lapsed, expired } = swept
      if (lapsed.length + expired.length > 0) log.info({ lapsed, expired }, 'sweep.run_completed')
      hasChanged = false
      return Math.min(longestWait(), await untilDue())
    },
    afterFailureMs: TICK_MS,
    onFailed(err) {
      metrics.countSweep(undefined)
      log.warn({ err }, 'sweep.run_failed')
    },
    onRecovered: () => log.info('sweep.run_completed'),
  })

  // where the last portion ended; from the beginning again after the last one
  let removedUpTo: RemovablePlace | null = null
  // told once, and left alone from then on: `pawl doctor` tells what is wrong with them
  const unremovable = new Set<string>()
  const removals = repeat({
    async work() {
      if (!isSet(agesOf(commands))) return REMOVAL_MS
      if (commands.hasOlderServers()) return TICK_MS
      const portion = { after: removedUpTo, limit: REMOVED_AT_ONCE }
      const removed = await removeDueContent(commands, portion, unremovable)
      const { projects, failed, hasNextPage } = removed
      if (projects.length > 0) log.info({ projects }, 'retention.remove_completed')
      if (failed.length > 0) log.warn({ runs: failed }, 'retention.remove_failed')
      for (const runId of failed) unremovable.add(runId)
      removedUpTo = hasNextPage ? removed.end : null
      return hasNextPage ? REMOVAL_PAUSE_MS : REMOVAL_MS * (1 - JITTER * Math.random())
    },
    afterFailureMs: REMOVAL_PAUSE_MS,
    onFailed: (err) => log.warn({ err }, 'retention.remove_failed'),
    onRecovered: () => log.info('retention.remove_completed'),
  })

  const ticks = repeat({
    async work() {
      const startedAt = performance.now()
      const heartbeat = await tick(pool).catch((error: unknown) => {
        lastWrite = findTransientFault(error)
        throw error
      })
      lastWrite = undefined
      onBeat(heartbeat)
      await lookForOlderServers()
      const { moved } = heartbeat
      if (moved > 0) log.info({ leases: moved, reason: 'nobody kept watch' }, 'lease.extend_completed')
      if (hasChanged) {
        hasChanged = false
        sweeps.within(await untilDue())
      }
      for (const each of streams)
        await each.endUnauthenticated((credentials) => authenticator.findEnded(credentials))
      return Math.max(0, TICK_MS - (performance.now() - startedAt))
    },
    afterFailureMs: TICK_MS,
    onFailed: (err) => log.warn({ err }, 'server.tick_failed'),
    onRecovered: () => log.info('server.tick_completed'),
  })

  function longestWait(): number {
    return sweepSeconds * 1000 * (1 - JITTER * Math.random())
  }

  async function untilDue(): Promise<number> {
    const wait = await untilNextDue(pool)
    return wait === null ? Infinity : Math.max(MIN_WAIT_MS, wait)
  }

  return {
    noteChange: () => (hasChanged = true),
    lastWrite: () => lastWrite,
    async stop() {
      await Promise.all([ticks.stop(), sweeps.stop(), removals.stop()])
    },
  }
}

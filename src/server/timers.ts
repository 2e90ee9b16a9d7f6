import type { Commands } from '../commands/kit/context.ts'
import { sweepDue } from '../commands/sweep.ts'
import type { Log } from '../log.ts'
import { findTransientFault, type TransientFault } from '../store/sql/transientFaults.ts'
import { untilNextDue } from '../store/run/due/untilNextDue.ts'
import { tick } from '../store/account/tick.ts'
import type { Authenticator } from './auth/authenticate.ts'
import type { Metrics } from './health/metrics.ts'
import { repeat } from './kit/repeat.ts'
import type { Streams } from './engine/streams.ts'

/** What a server does by itself, and with what. */
export interface TimerOptions {
  readonly commands: Commands
  readonly authenticator: Authenticator
  /** Streams that end with their tokens. */
  readonly streams: readonly Streams[]
  readonly metrics: Metrics
  readonly log: Log
  /** The longest wait between two sweeps, in seconds. */
  readonly sweepSeconds: number
}

/** A server's clockwork. */
export interface Timers {
  /** Something changed: the earliest expiry may be another one now. */
  noteChange(): void
  /** What kept the last tick from being written; undefined where it was. */
  lastWrite(): TransientFault | undefined
  /** Resolves when nothing is under way any more. */
  stop(): Promise<void>
}

const TICK_MS = 1000
/** The shortest wait between two sweeps, in milliseconds. */
const MIN_WAIT_MS = 100
/** Of the longest wait, at most so much is taken off at random, so that servers don't sweep in step. */
const JITTER = 0.2

/**
 * Tells every second that a server lives, ends streams whose tokens ended, and sweeps: every few seconds, and when the
 * earliest expiry comes, so that nothing stays without an owner for more than a second (G5). Any number of servers may
 * do so on one database. What fails is logged and tried again: a database that went away comes back.
 */
export function startTimers(options: TimerOptions): Timers {
  const { commands, authenticator, streams, metrics, log, sweepSeconds } = options
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

  const ticks = repeat({
    async work() {
      const startedAt = performance.now()
      const moved = await tick(pool).catch((error: unknown) => {
        lastWrite = findTransientFault(error)
        throw error
      })
      lastWrite = undefined
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
      await Promise.all([ticks.stop(), sweeps.stop()])
    },
  }
}

import { setTimeout as delay } from 'node:timers/promises'
import { DatabaseError } from '../kit/databaseErrors.ts'
import type { DatabaseLog } from '../kit/databaseLog.ts'
import { isDiskFull } from '../kit/isDiskFull.ts'
import { adoptPostgres } from './adoptPostgres.ts'
import { endSurvivors } from './endSurvivors.ts'
import { findPostgresProgram } from './inspectProcess.ts'
import type { Place } from './place.ts'
import type { PostmasterFile } from './postmasterFile.ts'
import { startPatiently } from './startPatiently.ts'
import type { StartedPostgres } from './startPostgres.ts'
import { sendSignal, stopPostgres } from './stopPostgres.ts'

/** A PostgreSQL that is restarted whenever it ends. */
export interface SupervisedPostgres {
  /** Resolves with the reason if it has ended too often and is not restarted; otherwise never. */
  readonly failed: Promise<DatabaseError>
  /** Whether its process currently exists. */
  isThere(): boolean
  /** Stops it permanently, including a start in progress. */
  close(): Promise<void>
}

/** How often, and how soon, it is restarted. */
export interface SupervisionSettings {
  /** Number of quick ends in a row after which it is no longer restarted. Default 8. */
  quickEnds?: number
  /** An end within this many milliseconds of the start is quick. Default 60,000. */
  quickMilliseconds?: number
  /**
   * The delay before the second restart in a row, in milliseconds; it doubles each time, up to 16 s. The first restart
   * is immediate. Default 250.
   */
  delayMilliseconds?: number
}

const longestDelayMilliseconds = 16_000
/** Inspecting a process that is not a child costs two system calls with `/proc`, and running a program without it. */
const pollMilliseconds = process.platform === 'linux' ? 100 : 2_000

/**
 * Watches a running PostgreSQL and restarts it when it ends, at the same socket or port and with the same password, so
 * that pools that lost their connections can reconnect. Committed data survives.
 */
export function supervisePostgres(
  place: Place,
  first: PostmasterFile | StartedPostgres,
  log: DatabaseLog,
  settings: SupervisionSettings = {},
): SupervisedPostgres {
  const { quickEnds = 8, quickMilliseconds = 60_000, delayMilliseconds = 250 } = settings
  const closing = new AbortController()
  const { signal } = closing
  let running: PostmasterFile | StartedPostgres = first
  /** Restarts since it last ran for long. */
  let starts = 0
  let giveUp: (error: DatabaseError) => void
  const failed = new Promise<DatabaseError>((resolve) => (giveUp = resolve))
  const watching = watch()

  async function watch(): Promise<void> {
    for (;;) {
      const since = performance.now()
      const reason = await untilEnded(place, running, signal)
      if (reason === undefined) return
      log.warn({ pid: running.pid, reason: reason.message }, 'database.run_failed')
      if (performance.now() - since > quickMilliseconds) starts = 0
      const again = await startAgain(reason)
      if (again === undefined) return
      running = again
    }
  }

  /** Undefined if it was closed or has failed permanently. */
  async function startAgain(ended: Error): Promise<PostmasterFile | undefined> {
    let reason = ended
    for (;;) {
      // a full disk is no reason to stop restarting: space may become free again
      if (await waitsForRoom(place, reason)) starts = Math.min(starts, quickEnds - 2)
      if (starts >= quickEnds - 1) break
      try {
        if (starts > 0) {
          const wait = delayMilliseconds * 2 ** (starts - 1)
          await delay(Math.min(wait, longestDelayMilliseconds), undefined, { signal })
        }
        starts += 1
        const again = await start()
        log.info({ pid: again.pid, starts }, 'database.restart_completed')
        return again
      } catch (error) {
        if (signal.aborted) return undefined
        reason = error as Error
        log.warn({ err: reason, starts }, 'database.restart_failed')
      }
    }
    const error = givenUp(place, quickEnds, reason)
    log.error({ err: error }, 'database.supervise_failed')
    giveUp(error)
    return undefined
  }

  async function start(): Promise<PostmasterFile> {
    const found = await adoptPostgres(place, log)
    signal.throwIfAborted()
    return found ?? startPatiently(place, log, { port: first.port, signal })
  }

  return {
    failed,
    isThere: () => sendSignal(running.pid, 0),
    async close() {
      closing.abort()
      await watching
      await stopPostgres(place, running.pid)
      // sessions of one that has just been killed
      await endSurvivors(place, log)
    },
  }
}

async function waitsForRoom(place: Place, reason: Error): Promise<boolean> {
  return (reason instanceof DatabaseError && reason.code === 'DISK_FULL') || isDiskFull(place.home)
}

/** How it ended; undefined if the signal aborted first. */
async function untilEnded(
  place: Place,
  running: PostmasterFile | StartedPostgres,
  signal: AbortSignal,
): Promise<Error | undefined> {
  const aborted = new Promise<undefined>((resolve) => {
    signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
  const ended = 'ended' in running ? running.ended : pollUntilGone(place, running.pid, signal)
  return signal.aborted ? undefined : Promise.race([ended, aborted])
}

/** For a PostgreSQL that is not a child of this process. */
async function pollUntilGone(place: Place, pid: number, signal: AbortSignal): Promise<Error | undefined> {
  while ((await findPostgresProgram(pid, place.cluster)) !== undefined) {
    if (signal.aborted) return undefined
    await delay(pollMilliseconds, undefined, { ref: false })
  }
  return new Error('postgres ended')
}

function givenUp(place: Place, ends: number, reason: Error): DatabaseError {
  const isExplained = reason instanceof DatabaseError
  return new DatabaseError(
    isExplained ? reason.code : 'EMBEDDED_FAILED',
    `The embedded PostgreSQL in ${place.home} ended ${ends} times in a row and is not started again. ` +
      (isExplained
        ? reason.message
        : `The last time ${reason.message}; its log, ${place.logFile}, may say why. Mend that and start Pawl again.`),
    { cause: reason },
  )
}

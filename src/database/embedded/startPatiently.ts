import { setTimeout as delay } from 'node:timers/promises'
import type { DatabaseLog } from '../kit/databaseLog.ts'
import { explainFailure } from './explainFailure.ts'
import type { Place } from './place.ts'
import { PostgresEndedError, startPostgres } from './startPostgres.ts'
import type { StartedPostgres } from './startPostgres.ts'

const patienceMilliseconds = 30_000
const retryMilliseconds = 100

/**
 * Starts PostgreSQL, retrying for at most 30 s while the obstacle is temporary: sessions of a killed PostgreSQL that
 * are still running (if they could not be found and ended), or a port that another process has taken.
 *
 * @param again the port of an earlier PostgreSQL to reuse, and a signal that ends the attempt
 */
export async function startPatiently(
  place: Place,
  log: DatabaseLog,
  again: { port?: number; signal?: AbortSignal | undefined } = {},
): Promise<StartedPostgres> {
  const { signal, ...settings } = again
  const deadline = Date.now() + patienceMilliseconds
  for (;;) {
    try {
      return await startPostgres(place, settings, signal)
    } catch (error) {
      if (!(error instanceof PostgresEndedError)) throw error
      if (signal?.aborted || !passes(error.output) || Date.now() > deadline) {
        throw explainFailure(error.output, place, error.cause as Error)
      }
      log.warn({ reason: error.output.trim().split('\n')[0] }, 'database.start_failed')
      await delay(retryMilliseconds, undefined, { signal })
    }
  }
}

function passes(output: string): boolean {
  return /pre-existing shared memory block|Address already in use/.test(output)
}

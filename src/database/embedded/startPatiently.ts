import { setTimeout as delay } from 'node:timers/promises'
import { DatabaseError } from '../databaseErrors.ts'
import type { DatabaseLog } from '../databaseLog.ts'
import { explainFailure } from './explainFailure.ts'
import { listPostgresProcesses } from './inspectProcess.ts'
import type { Place } from './place.ts'
import type { PostmasterFile } from './postmasterFile.ts'
import { PostgresEndedError, startPostgres } from './startPostgres.ts'
import { sendSignal } from './stopPostgres.ts'

const survivorMilliseconds = 30_000
const survivorPollMilliseconds = 50
const portTries = 5

/**
 * Starts PostgreSQL, and again where what hinders it passes: busy sessions that outlived a killed PostgreSQL are asked to
 * end and waited for (at most 30 s), and a port that somebody took meanwhile is exchanged for another.
 */
export async function startPatiently(place: Place, log: DatabaseLog): Promise<PostmasterFile> {
  const deadline = Date.now() + survivorMilliseconds
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startPostgres(place)
    } catch (error) {
      if (!(error instanceof PostgresEndedError)) throw error
      if (attempt === 1) log.warn({ reason: error.output.trim().split('\n')[0] }, 'database.start_failed')
      if (isHeldBySurvivors(error.output)) await endSurvivors(place, deadline)
      else if (!isPortTaken(error.output) || attempt === portTries) {
        throw explainFailure(error.output, place, error.cause as Error)
      }
    }
  }
}

function isHeldBySurvivors(output: string): boolean {
  return output.includes('pre-existing shared memory block')
}

function isPortTaken(output: string): boolean {
  return output.includes('Address already in use')
}

/** Their client is the server that was killed, so nobody waits for an answer of theirs. */
async function endSurvivors(place: Place, deadline: number): Promise<void> {
  const pids = await listPostgresProcesses(place.cluster)
  if (Date.now() > deadline) throw survivorsError(place, pids)
  for (const pid of pids) sendSignal(pid, 'SIGTERM')
  await delay(survivorPollMilliseconds)
}

function survivorsError(place: Place, pids: readonly number[]): DatabaseError {
  const which = pids.length > 0 ? `processes ${pids.join(', ')}` : 'processes of it'
  return new DatabaseError(
    'EMBEDDED_FAILED',
    `The embedded PostgreSQL in ${place.home} was killed, and ${which} are still at work on its data. ` +
      'End them (kill), then start again.',
  )
}

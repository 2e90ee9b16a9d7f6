import { setTimeout as delay } from 'node:timers/promises'
import { DatabaseError } from '../kit/databaseErrors.ts'
import type { DatabaseLog } from '../kit/databaseLog.ts'
import { listPostgresProcesses } from './inspectProcess.ts'
import type { Place } from './place.ts'
import { sendSignal } from './stopPostgres.ts'

const patienceMilliseconds = 30_000
const pollMilliseconds = 10

/**
 * Ends the sessions that outlived a killed PostgreSQL: a busy one notices only when its statement is finished. Their
 * client was the killed server, so nothing waits for their result. Finds none on systems without `/proc`.
 */
export async function endSurvivors(place: Place, log: DatabaseLog): Promise<void> {
  const deadline = Date.now() + patienceMilliseconds
  let pids = await listPostgresProcesses(place.cluster)
  if (pids.length === 0) return
  log.warn({ pids, reason: 'sessions of a killed PostgreSQL are still at work' }, 'database.start_rejected')
  for (const pid of pids) sendSignal(pid, 'SIGTERM')
  while (pids.length > 0) {
    if (Date.now() > deadline) throw survivorsError(place, pids)
    await delay(pollMilliseconds)
    pids = await listPostgresProcesses(place.cluster)
  }
}

function survivorsError(place: Place, pids: readonly number[]): DatabaseError {
  return new DatabaseError(
    'EMBEDDED_FAILED',
    `The embedded PostgreSQL in ${place.home} was killed, and processes of it are still at work on its data. ` +
      `End them (kill -9 ${pids.join(' ')}), then start again.`,
  )
}

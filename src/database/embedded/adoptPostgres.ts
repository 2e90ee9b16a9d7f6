import { realpath, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { DatabaseLog } from '../kit/databaseLog.ts'
import { endSurvivors } from './endSurvivors.ts'
import { answers } from './findRunning.ts'
import { findPostgresProgram } from './inspectProcess.ts'
import type { Place } from './place.ts'
import { readPostmasterFile } from './postmasterFile.ts'
import type { PostmasterFile } from './postmasterFile.ts'
import { sendSignal, stopPostgres } from './stopPostgres.ts'

const pollMilliseconds = 10

/**
 * Looks for a PostgreSQL that a killed server left running at this place.
 *
 * One that responds and is of this version is taken over. Any other is stopped, and the leftovers of a dead one are
 * removed, so that a new one can be started after `undefined` is returned.
 *
 * @param signal if aborted before the takeover, the PostgreSQL is stopped as well
 */
export async function adoptPostgres(
  place: Place,
  log: DatabaseLog,
  signal?: AbortSignal,
): Promise<PostmasterFile | undefined> {
  const file = await readPostmasterFile(place.cluster)
  const program = file && (await findPostgresProgram(file.pid, place.cluster))
  if (file === undefined || program === undefined) {
    await clearLeftovers(place, file, log)
    return undefined
  }
  const own = await realpath(join(place.native, 'bin', 'postgres'))
  const ready = program === own ? await waitUntilReady(place, file.pid, signal) : undefined
  if (ready && !signal?.aborted && (await answers(place.cluster, ready))) return ready
  const unwanted = signal?.aborted ? 'the start was given up' : 'it does not answer'
  const reason = program === own ? unwanted : 'it is of another version'
  log.warn({ pid: file.pid, reason }, 'database.adopt_rejected')
  await stopPostgres(place, file.pid)
  return undefined
}

/** Undefined if it ends or is stopping, or if the signal aborts. */
async function waitUntilReady(
  place: Place,
  pid: number,
  signal: AbortSignal | undefined,
): Promise<PostmasterFile | undefined> {
  for (;;) {
    if (signal?.aborted) return undefined
    const file = await readPostmasterFile(place.cluster)
    if (file?.pid !== pid || file.status === 'stopping') return undefined
    if (file.status === 'ready') return file
    if ((await findPostgresProgram(pid, place.cluster)) === undefined) return undefined
    await delay(pollMilliseconds)
  }
}

/**
 * PostgreSQL removes its own leftovers unless they are truncated or the dead process's pid now belongs to another
 * process of the same user. Removing them is safe only after no session of the dead PostgreSQL uses the data any more.
 */
async function clearLeftovers(
  place: Place,
  file: PostmasterFile | undefined,
  log: DatabaseLog,
): Promise<void> {
  await endSurvivors(place, log)
  await rm(join(place.home, '.s.PGSQL.5432.lock'), { force: true })
  if (file === undefined || sendSignal(file.pid, 0))
    await rm(join(place.cluster, 'postmaster.pid'), { force: true })
}

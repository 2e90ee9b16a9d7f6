import { DatabaseError } from '../kit/databaseErrors.ts'
import type { Place } from './place.ts'

const useYours = 'or set DATABASE_URL to a PostgreSQL 14 or newer of yours'

/**
 * Turns the output of a failed `initdb` or `postgres` into an error that says what to do.
 *
 * @param output everything the program printed
 * @param cause how it ended, or why it could not be started
 */
export function explainFailure(output: string, place: Place, cause: Error): DatabaseError {
  if (/No space left on device|Disk quota exceeded|Check free disk space/.test(output)) {
    return new DatabaseError(
      'DISK_FULL',
      `The disk that holds ${place.home} is full, and PostgreSQL does not start until there is room again. ` +
        'Nothing that was committed is lost. Free some space and start again.',
      { cause },
    )
  }
  if (/could not look up effective user ID (\d+)/.test(output)) {
    return new DatabaseError(
      'EMBEDDED_UNAVAILABLE',
      `PostgreSQL can't create its data directory for user id ${process.getuid?.()}, which has no entry in ` +
        `/etc/passwd. Add one (in a container: run as a user the image knows), ${useYours}.`,
      { cause },
    )
  }
  if (/GLIBC_[\d.]+' not found/.test(output) || isMissingLoader(cause)) {
    return new DatabaseError(
      'EMBEDDED_UNAVAILABLE',
      'The embedded PostgreSQL needs glibc 2.27 or newer, which this system does not have ' +
        `(Alpine and other musl systems never do). Use a glibc system, ${useYours}.`,
      { cause },
    )
  }
  const said = lastLines(output)
  return new DatabaseError(
    'EMBEDDED_FAILED',
    `The embedded PostgreSQL in ${place.home} did not start: ${cause.message}.${said === '' ? '' : ` It said:\n${said}\n`}` +
      ` Its log is ${place.logFile}. Mend what it names, ${useYours}.`,
    { cause },
  )
}

/** The binary exists, yet the kernel reports "no such file": its program loader (glibc's) is missing. */
function isMissingLoader(cause: Error): boolean {
  return (cause as NodeJS.ErrnoException).code === 'ENOENT'
}

function lastLines(output: string): string {
  return output.trim().split('\n').slice(-8).join('\n')
}

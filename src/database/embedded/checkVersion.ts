import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseError } from '../kit/databaseErrors.ts'
import { findBinaries } from './findBinaries.ts'
import type { Place } from './place.ts'

/**
 * Checks that the cluster was created by the embedded PostgreSQL's major version: no other can read it.
 *
 * @throws {@link DatabaseError} if the versions differ
 */
export async function checkVersion(place: Place): Promise<void> {
  const made = (await readFile(join(place.cluster, 'PG_VERSION'), 'utf8').catch(() => '')).trim()
  const own = (await findBinaries()).version.split('.')[0]
  if (made === '' || made === own) return
  throw new DatabaseError(
    'DATA_DIR_UNUSABLE',
    `The database in ${place.home} was made by PostgreSQL ${made}, and this Pawl brings PostgreSQL ${own}. Export it with the ` +
      'Pawl that made it (pawl export) and import it into a new data directory (pawl import).',
  )
}

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseError } from '../kit/databaseErrors.ts'
import { findBinaries } from './findBinaries.ts'
import type { Place } from './place.ts'

/** Throws where the cluster was made by another major version of PostgreSQL than the one at hand, which can't read it. */
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

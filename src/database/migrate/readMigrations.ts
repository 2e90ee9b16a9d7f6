import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** One folder of `prisma/migrations`. */
export interface Migration {
  /** The folder's name, for example `20261120074500_init`; migrations are applied in the order of their names. */
  name: string
  /** The text of its `migration.sql`. */
  sql: string
  /** SHA-256 of that file in hexadecimal, as Prisma stores it in `_prisma_migrations`. */
  checksum: string
}

const scriptName = 'migration.sql'

/** Reads a folder of migrations in Prisma's format, in the order of application; empty if the folder does not exist. */
export async function readMigrations(migrationsDir: string): Promise<Migration[]> {
  const names = (await readFolders(migrationsDir)).toSorted()
  return Promise.all(
    names.map(async (name) => {
      const bytes = await readFile(join(migrationsDir, name, scriptName))
      return { name, sql: bytes.toString(), checksum: digest(bytes) }
    }),
  )
}

async function readFolders(migrationsDir: string): Promise<string[]> {
  try {
    const entries = await readdir(migrationsDir, { withFileTypes: true })
    return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** Whether `checksum` is of this migration, with any line endings in its file. */
export function matchesChecksum(migration: Migration, checksum: string): boolean {
  if (migration.checksum === checksum) return true
  const unix = migration.sql.replaceAll('\r\n', '\n')
  return [unix, unix.replaceAll('\n', '\r\n')].some((sql) => digest(sql) === checksum)
}

function digest(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex')
}

import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'

/** The folder with Pawl's `package.json` and `prisma/migrations`, from source and when built. */
export const PACKAGE_ROOT = findRoot(dirname(fileURLToPath(import.meta.url)))

/** Version of Pawl. */
export const VERSION = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8'))).version

/** The documents of the SDK of this version, which the dashboard and the command line use too. */
export const DOCUMENTS_FILE = join(PACKAGE_ROOT, 'schema', 'documents.json')

/** The migrations of this version. */
export const MIGRATIONS_DIR = join(PACKAGE_ROOT, 'prisma', 'migrations')

function findRoot(folder: string): string {
  if (existsSync(join(folder, 'prisma', 'migrations'))) return folder
  const parent = dirname(folder)
  if (parent === folder) throw new Error('the migrations are missing in the folder where Pawl is installed')
  return findRoot(parent)
}

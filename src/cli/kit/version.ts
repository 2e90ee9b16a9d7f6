import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of Pawl's package, from source and when built. */
export const home = findHome(dirname(fileURLToPath(import.meta.url)))

/** The version of Pawl. */
export const version = readManifest(home)?.version ?? 'unknown'

function findHome(folder: string): string {
  if (readManifest(folder)?.name === 'pawl') return folder
  const parent = dirname(folder)
  return parent === folder ? folder : findHome(parent)
}

function readManifest(folder: string): { name?: string; version?: string } | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
      name?: string
      version?: string
    }
  } catch {
    return undefined
  }
}

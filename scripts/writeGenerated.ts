import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

/**
 * Writes a generated file, given by its path from the root of the repository. Called with `--check` on the command line
 * it writes nothing, and fails the process if the file is out of date.
 */
export async function writeGenerated(path: string, text: string): Promise<void> {
  const file = fileURLToPath(new URL(`../${path}`, import.meta.url))
  if (!process.argv.includes('--check')) return writeFile(file, text)
  const present = await readFile(file, 'utf8').catch(() => null)
  if (present === text) return
  console.error(`${path} is not what its source says: print it again, and commit it`)
  process.exitCode = 1
}

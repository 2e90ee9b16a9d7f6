import { join, relative } from 'node:path'
import { home } from '../kit/version.ts'

/**
 * A file of Pawl's package, as a command in the working directory names it: relative where the package is that directory or below it.
 *
 * @param path relative to the package
 */
export function ownFile(path: string): string {
  const file = join(home, path)
  const way = relative(process.cwd(), file)
  return way.startsWith('..') ? file : way
}

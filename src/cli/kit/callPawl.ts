import { existsSync, realpathSync } from 'node:fs'
import { join, relative } from 'node:path'
import { findCommand } from '../../processes/findCommand.ts'
import { quoteWord } from '../../text/quoteCommand.ts'
import { home } from './version.ts'

/** A folder on the PATH of what `npx` runs, and of nothing that a person types. */
const OF_NPX = /[\\/]_npx[\\/]/

/**
 * How a person calls this same `pawl` from the working directory: by its name where that is on the PATH. A clone is called by its built
 * file, since `npx` would build it anew, under whatever runs from it.
 */
export function callPawl(): string {
  const file = join(home, 'dist/pawl.js')
  const found = findCommand('pawl', process.env)
  if (found !== null && !OF_NPX.test(found) && isSameFile(found, file)) return 'pawl'
  if (!existsSync(join(home, 'src'))) return 'npx pawl'
  const way = relative(process.cwd(), file)
  return `node ${quoteWord(way.startsWith('..') ? file : way)}`
}

function isSameFile(one: string, other: string): boolean {
  return existsSync(other) && realpathSync(one) === realpathSync(other)
}

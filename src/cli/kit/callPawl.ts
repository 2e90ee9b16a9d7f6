import { existsSync } from 'node:fs'
import { join, relative } from 'node:path'
import { findCommand } from '../../processes/findCommand.ts'
import { quoteWord } from '../../text/quoteCommand.ts'
import { home } from './version.ts'

/**
 * How a person calls this same `pawl` from the working directory. In a clone it is the built file: `npx` would build it anew, under
 * whatever runs from it.
 */
export function callPawl(): string {
  if (existsSync(join(home, 'src'))) {
    const file = join(home, 'dist/pawl.js')
    const way = relative(process.cwd(), file)
    return `node ${quoteWord(way.startsWith('..') ? file : way)}`
  }
  return findCommand('pawl', process.env) === null ? 'npx pawl' : 'pawl'
}

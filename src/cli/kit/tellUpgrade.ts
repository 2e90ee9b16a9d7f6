import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Invocation } from './invocation.ts'
import { readLine, writePrivateFile } from './privateFile.ts'
import { home, version } from './version.ts'

/** The file of a data directory that says which version of Pawl used it last. */
const FILE = 'version'
/** More lines than these are read in the changelog itself. */
const MAX_LINES = 40

/** Says once, at the first start of a newer version on a data directory, what has changed since the one before. */
export function tellUpgrade(invocation: Invocation, data: string): void {
  const path = join(data, FILE)
  const before = readLine(path)
  if (before === version) return
  writePrivateFile(path, `${version}\n`)
  if (before === undefined) return
  const changelog = join(home, 'CHANGELOG.md')
  const lines = readChanges(readFileSync(changelog, 'utf8'), before, version)
  if (lines.length === 0) return
  invocation.note(`this is version ${version}; ${data} was last used by ${before}. What has changed:`)
  for (const line of lines.slice(0, MAX_LINES)) invocation.err.line(line)
  if (lines.length > MAX_LINES) invocation.note(`${lines.length - MAX_LINES} lines more in ${changelog}`)
}

/**
 * The lines of a changelog about the versions after one, up to another, newest first. None where the first is not older, or is not
 * in the changelog.
 */
export function readChanges(changelog: string, after: string, upTo: string): readonly string[] {
  const sections = changelog.split(/^(?=## )/m).slice(1)
  const find = (name: string) => sections.findIndex((section) => section.split(/\s/, 2)[1] === name)
  const [newest, known] = [find(upTo), find(after)]
  if (newest === -1 || known === -1) return []
  return sections
    .slice(newest, known)
    .join('')
    .split('\n')
    .filter((line) => line.trim() !== '')
}

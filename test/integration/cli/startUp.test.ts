import { readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { PAWL } from './pawl.ts'

/** The packages that a built file, and the files that it imports, load before anything is done. */
function packagesOf(file: string, seen = new Set<string>()): Set<string> {
  const packages = new Set<string>()
  if (seen.has(file)) return packages
  seen.add(file)
  for (const [, from = ''] of readFileSync(file, 'utf8').matchAll(
    /^(?:import|export)\b[^'"]*?["']([^"']+)["'];?$/gm,
  )) {
    if (from.startsWith('.'))
      for (const name of packagesOf(join(dirname(file), from), seen)) packages.add(name)
    else if (!from.startsWith('node:') && !builtinModules.includes(from)) packages.add(from)
  }
  return packages
}

/** An agent calls it dozens of times in a run: what one command alone needs is loaded by that command. */
it('starts with the packages that every command needs, and no others', () => {
  expect([...packagesOf(PAWL)].toSorted()).toEqual([
    'cli-truncate',
    'commander',
    'picocolors',
    'string-width',
  ])
})

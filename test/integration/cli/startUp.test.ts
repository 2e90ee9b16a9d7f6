import { existsSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { PAWL } from './pawl.ts'

/** The files that a built file was bundled from; none for the bundler's own. */
function sourcesOf(file: string): readonly string[] {
  if (!existsSync(`${file}.map`)) return []
  return (JSON.parse(readFileSync(`${file}.map`, 'utf8')) as { sources: string[] }).sources
}

/** The packages in a built file, and in the files that it imports: what is loaded before anything is done. */
function packagesOf(file: string, seen = new Set<string>()): Set<string> {
  const packages = new Set<string>()
  if (seen.has(file)) return packages
  seen.add(file)
  for (const source of sourcesOf(file)) {
    const [, name] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(source) ?? []
    if (name) packages.add(name)
  }
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
  expect([...packagesOf(PAWL)].toSorted()).toEqual(
    [
      ...['commander', 'picocolors', 'string-width', 'ansi-regex', 'get-east-asian-width', 'strip-ansi'],
      ...['cli-truncate', 'ansi-styles', 'is-fullwidth-code-point', 'slice-ansi'],
    ].toSorted(),
  )
})

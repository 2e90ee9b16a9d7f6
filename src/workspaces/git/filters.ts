import { isDeepStrictEqual } from 'node:util'
import type { Setting } from './settings.ts'

/** The settings of a git filter: the programs that convert files as they are read and written. */
export type Filter = Readonly<Record<string, string>>

/** Filters by name. */
export type Filters = ReadonlyMap<string, Filter>

/** The settings that git-lfs writes for its own filter; the program is looked up on the worker's own PATH. */
const LFS = {
  clean: ['git-lfs clean -- %f'],
  smudge: ['git-lfs smudge -- %f', 'git-lfs smudge --skip -- %f'],
  process: ['git-lfs filter-process', 'git-lfs filter-process --skip'],
  required: ['true', 'false'],
}

/** Returns the filters that these settings define. */
export function readFilters(settings: readonly Setting[]): Filters {
  const filters = new Map<string, Record<string, string>>()
  for (const { key, value } of settings) {
    const [, name, part] = /^filter\.(.*)\.(clean|smudge|process|required)$/s.exec(key) ?? []
    if (name === undefined || part === undefined) continue
    filters.set(name, { ...filters.get(name), [part]: value ?? 'true' })
  }
  return filters
}

/** Returns the filters of the system's and the user's settings, never of a repository's. */
export function readOwnFilters(settings: readonly Setting[]): Filters {
  return readFilters(settings.filter(({ scope }) => scope === 'system' || scope === 'global'))
}

/**
 * Whether a filter is trusted: it equals one in the user's own settings, or it is what git-lfs writes, in any
 * scope.
 */
export function isTrusted(name: string, filter: Filter, own: Filters): boolean {
  if (isDeepStrictEqual(filter, own.get(name))) return true
  return (
    name === 'lfs' &&
    Object.entries(filter).every(([part, value]) => LFS[part as keyof typeof LFS].includes(value))
  )
}

/** Returns a filter as settings. */
export function toSettings(name: string, filter: Filter): [string, string][] {
  return Object.entries(filter).map(([part, value]) => [`filter.${name}.${part}`, value])
}

import { isDeepStrictEqual } from 'node:util'
import type { Setting } from './settings.ts'

/** The programs of a filter, which git has files go through as they are read and written. */
export type Filter = Readonly<Record<string, string>>

/** Filters by their names. */
export type Filters = ReadonlyMap<string, Filter>

/** What git-lfs writes of itself into settings; it is found on the worker's own PATH. */
const LFS = {
  clean: ['git-lfs clean -- %f'],
  smudge: ['git-lfs smudge -- %f', 'git-lfs smudge --skip -- %f'],
  process: ['git-lfs filter-process', 'git-lfs filter-process --skip'],
  required: ['true', 'false'],
}

/** The filters that these settings define. */
export function readFilters(settings: readonly Setting[]): Filters {
  const filters = new Map<string, Record<string, string>>()
  for (const { key, value } of settings) {
    const [, name, part] = /^filter\.(.*)\.(clean|smudge|process|required)$/s.exec(key) ?? []
    if (name === undefined || part === undefined) continue
    filters.set(name, { ...filters.get(name), [part]: value ?? 'true' })
  }
  return filters
}

/** The filters of the user's own settings and of the system's: what no repository says. */
export function readOwnFilters(settings: readonly Setting[]): Filters {
  return readFilters(settings.filter(({ scope }) => scope === 'system' || scope === 'global'))
}

/** Whether a filter is the user's: as it stands in the user's own settings, or as git-lfs writes it, wherever that stands. */
export function isTrusted(name: string, filter: Filter, own: Filters): boolean {
  if (isDeepStrictEqual(filter, own.get(name))) return true
  return (
    name === 'lfs' &&
    Object.entries(filter).every(([part, value]) => LFS[part as keyof typeof LFS].includes(value))
  )
}

/** A filter as settings. */
export function toSettings(name: string, filter: Filter): [string, string][] {
  return Object.entries(filter).map(([part, value]) => [`filter.${name}.${part}`, value])
}

import type { CacheExchangeOpts } from '@urql/exchange-graphcache'
import { KEYLESS_TYPES, possibleTypes, STAMPED_TYPES } from '../generated/cached.ts'
import { compareStamps, readStamp } from '../kit/stamp.ts'
import type { Stamp } from '../kit/stamp.ts'

/** The part of graphcache's configuration that is Pawl's. */
export type PawlCacheConfig = Required<Pick<CacheExchangeOpts, 'keys' | 'possibleTypes'>>

/**
 * Configures graphcache to keep, for every field of a run and of a workspace, the value of the greatest (revision,
 * asOf): answers and frames may arrive in any order. Select `id`, `revision` and `asOf` of each; what is read without a
 * revision is written as it arrives. One configuration serves one cache.
 */
export function createCacheConfig(): PawlCacheConfig {
  const keys: PawlCacheConfig['keys'] = {}
  for (const name of KEYLESS_TYPES) keys[name] = () => null
  for (const name of STAMPED_TYPES) keys[name] = createKey()
  return { keys, possibleTypes }
}

/**
 * Names an entity before graphcache writes it. Fields that were read later already are taken out of the answer, and
 * graphcache then reads them from what it holds.
 */
function createKey(): (data: Record<string, unknown>) => string | null {
  const stampsById = new Map<string, Map<string, Stamp>>()
  return (data) => {
    const { id } = data
    if (typeof id !== 'string') return null
    const stamp = readStamp(data)
    if (!stamp) return id
    const stamps = stampsById.get(id) ?? new Map<string, Stamp>()
    stampsById.set(id, stamps)
    for (const name of Object.keys(data)) {
      if (name === '__typename' || name === 'id') continue
      const held = stamps.get(name)
      if (held && compareStamps(stamp, held) < 0) data[name] = undefined
      else stamps.set(name, stamp)
    }
    return id
  }
}

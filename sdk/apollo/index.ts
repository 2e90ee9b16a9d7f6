import type { PossibleTypesMap, TypePolicies } from '@apollo/client'
import { possibleTypes as typesByName, STAMPED_TYPES } from '../generated/cached.ts'
import { compareStamps, readStamp } from '../kit/stamp.ts'
import type { Stamp } from '../kit/stamp.ts'

/** What a policy's `keyFields` function is given, as far as it is read here. */
interface KeyContext {
  readonly typename: string | undefined
  /** What is about to be written, by the names that the cache has for fields and their arguments. */
  readonly storeObject: Record<string, unknown>
  /** Undefined where the cache only identifies an object. */
  readonly selectionSet?: object
  /** Reads what the cache holds, and what is about to be written before this object. */
  readField(fieldName: string, from: { readonly __ref: string }): unknown
}

/** A field beside those of the schema, which tells of each of them when its value was read. */
const STAMPS = 'pawlStamps'

/** The object types of every interface and union, so that the cache matches fragments such as `... on Problem`. */
export const possibleTypes: PossibleTypesMap = typesByName

/**
 * Policies that keep, for every field of a run and of a workspace, the value of the greatest (revision, asOf): answers
 * and frames may arrive in any order. Select `id`, `revision` and `asOf` of each; what is read without a revision is
 * written as it arrives.
 */
export const typePolicies: TypePolicies = Object.fromEntries(
  STAMPED_TYPES.map((name) => [name, { keyFields: keepLatest as never }]),
)

/** Names the entity. Where it is being written, the fields that the cache holds from a later reading are left out. */
function keepLatest({ id }: Readonly<Record<string, unknown>>, context: KeyContext): string | false {
  if (typeof id !== 'string' || context.typename === undefined) return false
  const key = `${context.typename}:${id}`
  if (context.selectionSet) dropEarlier(key, context)
  return key
}

function dropEarlier(key: string, { storeObject, readField }: KeyContext): void {
  const stamp = readStamp(storeObject)
  if (!stamp) return
  const known = readField(STAMPS, { __ref: key }) as Readonly<Record<string, Stamp>> | undefined
  const stamps: Record<string, Stamp> = { ...known }
  for (const name of Object.keys(storeObject)) {
    if (name === '__typename' || name === 'id' || name === STAMPS) continue
    const held = known?.[name]
    if (held && compareStamps(stamp, held) < 0) delete storeObject[name]
    else stamps[name] = stamp
  }
  storeObject[STAMPS] = stamps
}

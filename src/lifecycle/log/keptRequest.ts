import type { Json } from '../run/run.ts'
import { canonicalJson } from './canonicalJson.ts'
import { differingPaths } from './differingPaths.ts'

type Fields = { readonly [name: string]: Json }

/** Former names of fields of inputs, which a request that was kept under them still has, by their present names. */
const PRESENT_NAMES: ReadonlyMap<string, string> = new Map([
  ['allowSelfApproval', 'isSelfApprovalAllowed'],
  ['blocked', 'isBlocked'],
  ['cascade', 'isCascading'],
  ['detached', 'isDetached'],
  ['force', 'isForced'],
  ['notBefore', 'claimableAt'],
  ['repair', 'isRepair'],
  ['untilChildren', 'isWaitingForChildren'],
])

/** SHA-256 of a text, in hex. */
type Hash = (text: string) => string

/** The name under which a request whose content was removed keeps the hashes of its fields. No input has a field of this name. */
export const HASHES = 'sha256OfFields'

/**
 * Returns the paths at which a request differs from the one that was kept under its idempotency key, whichever version
 * of the server kept it; empty if it is the same request. Where only hashes were kept, these are the fields that differ.
 *
 * @param sha256 needed for requests of commands about a run, whose content may have been removed
 */
export function differingFields(kept: Json, request: Json, sha256?: Hash): string[] {
  const hashes = isObject(kept) ? kept[HASHES] : undefined
  return hashes !== undefined && sha256
    ? differingPaths(toPresentNames(hashes), hashFields(request, sha256))
    : differingPaths(toPresentNames(kept), request)
}

/** A kept request without its content: the hash of each field, by which a repeated request is still recognized. */
export function removeRequest(kept: Json, sha256: Hash): Json {
  return { [HASHES]: hashFields(toPresentNames(kept), sha256) }
}

/** The hash of each field that has a value; a field without one is the same as none. */
function hashFields(request: Json, sha256: Hash): Json {
  if (!isObject(request)) return {}
  const given = Object.entries(request).filter(([, value]) => value !== null)
  return Object.fromEntries(given.map(([name, value]) => [name, sha256(canonicalJson(value))]))
}

function toPresentNames(kept: Json): Json {
  if (!isObject(kept)) return kept
  return Object.fromEntries(
    Object.entries(kept).map(([name, value]) => [PRESENT_NAMES.get(name) ?? name, value]),
  )
}

function isObject(value: Json): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

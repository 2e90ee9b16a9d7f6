import type { Json } from '../run/run.ts'
import { differingPaths } from './differingPaths.ts'

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

/**
 * Returns the paths at which a request differs from the one that was kept under its idempotency key, whichever version
 * of the server kept it; empty if it is the same request.
 */
export function differingFields(kept: Json, request: Json): string[] {
  return differingPaths(toPresentNames(kept), request)
}

function toPresentNames(kept: Json): Json {
  if (typeof kept !== 'object' || kept === null || Array.isArray(kept)) return kept
  return Object.fromEntries(
    Object.entries(kept).map(([name, value]) => [PRESENT_NAMES.get(name) ?? name, value]),
  )
}

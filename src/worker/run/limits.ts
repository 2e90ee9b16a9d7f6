import type { Interruption } from '@pawl/sdk'
import type { StopLimits } from '../../processes/processGroup.ts'
import type { RunContext } from './runContext.ts'

/** Fraction of the lease that a stop reserves for the kernel to end the processes, and for the release. */
const RESERVE = 1 / 12

/**
 * Time limits for stopping an agent; never beyond the lease. `why` is the interruption of the claim, if that caused the
 * stop.
 */
export function limitsFor(
  { tools, owned }: Pick<RunContext, 'tools' | 'owned'>,
  { killAfterSeconds }: { readonly killAfterSeconds: number },
  why?: Interruption,
): StopLimits {
  const leaseMs = tools.config.leaseSeconds * 1_000
  if (why === 'LEASE_LOST') return { killAfterMs: 0, mustKill: () => true }
  const maxMs = why === 'NOT_RENEWED' ? leaseMs / 4 : Infinity
  return {
    killAfterMs: Math.min(killAfterSeconds * 1_000, maxMs),
    mustKill: () => tools.isHurried() || owned.remainingMs < leaseMs * RESERVE,
  }
}

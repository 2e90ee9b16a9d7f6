import type { StoredRun } from '@pawl/sdk'
import { useClock } from './clock.ts'
import { formatAge } from './time.ts'

/** For how long nobody may claim a run yet, as where the model of its agent is limited: `2h 5m`; '' where anybody may, or it is over. */
export function useWait({ claimableAt, isSettled }: Pick<StoredRun, 'claimableAt' | 'isSettled'>): string {
  return useClock((now) => {
    const rest = claimableAt && !isSettled ? Date.parse(claimableAt) - now : 0
    return rest > 0 ? formatAge(rest) : ''
  })
}

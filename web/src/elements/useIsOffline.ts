import { useConnection } from '@pawl/sdk/react'

/** Whether the server can't be reached now: what needs it is off, so that nothing is sent of which nobody knows whether it arrived. */
export function useIsOffline(): boolean {
  return useConnection().phase === 'RECONNECTING'
}

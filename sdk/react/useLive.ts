import { useSyncExternalStore } from 'react'
import type { Live } from './live.ts'

/** The state of something that is kept up to date; on a server, and while a page takes over from it, the first one. */
export function useLive<State>({ subscribe, get }: Live<State>): State {
  return useSyncExternalStore(subscribe, get, get)
}

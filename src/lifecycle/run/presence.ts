import type { AnnouncedState, WorkerState } from './enums.ts'
import type { Instant } from './run.ts'

/** How often a worker announces itself, and what becomes of one that does not, in seconds. */
export const PRESENCE = { repeatSeconds: 30, silentSeconds: 90, forgetSeconds: 86_400 } as const

/** The state in which a worker is shown: one that has stopped has nothing more to say. */
export function stateOfWorker(announced: AnnouncedState, heardAt: Instant, now: Instant): WorkerState {
  const isSilent = announced !== 'STOPPED' && now - heardAt > PRESENCE.silentSeconds * 1_000
  return isSilent ? 'SILENT' : announced
}

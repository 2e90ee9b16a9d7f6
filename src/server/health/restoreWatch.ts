import { writeSeen } from '../../database/restore/seen.ts'
import type { Installation } from '../../store/account/readInstallation.ts'
import type { Heartbeat } from '../../store/account/tick.ts'

/** Watches whether the database is restored from a backup while the server runs. */
export interface RestoreWatch {
  /** Resolves when it was: the server has to start again, to recognize it. */
  readonly failed: Promise<Error>
  /** Compares a heartbeat with those before, and remembers it in the data directory. */
  readonly note: (heartbeat: Heartbeat) => void
}

/** Starts of the time that fences of restored databases are counted from. */
const FENCES_SINCE = Date.UTC(2026, 0, 1)

/**
 * The highest fence that may have been given before the database was restored: one for each second, more than any run is claimed. So it is
 * also beyond what was given after earlier restores that the database does not know of any more.
 */
export function fencesAfter(restoredAt: Date | null): number {
  return restoredAt === null ? 0 : Math.ceil((restoredAt.getTime() - FENCES_SINCE) / 1000)
}

/** Watches the heartbeats of a server. */
export function watchForRestores(dataDir: string, { id, restoredAt }: Installation): RestoreWatch {
  let last = 0
  let fail: (error: Error) => void
  const failed = new Promise<Error>((resolve) => (fail = resolve))
  return {
    failed,
    note(heartbeat) {
      const { beat } = heartbeat
      if (beat === null) return
      if (beat < last || heartbeat.restoredAt?.getTime() !== restoredAt?.getTime())
        return fail(new Error('the database was restored from a backup while the server ran; start it again'))
      last = beat
      // what could not be remembered is compared in this process only
      void writeSeen(dataDir, { installation: id, beat }).catch(() => undefined)
    },
  }
}

import { setTimeout as sleep } from 'node:timers/promises'
import type { PhaseWork } from './phaseWork.ts'
import { stopSilent } from './stopSilent.ts'

/**
 * Waits until the agent does not work any more: two never work in one workspace. One that goes on without a sign of life, or for
 * longer than it may take, is ended.
 */
export async function letTurnEnd(work: PhaseWork): Promise<void> {
  const { drive, open } = work
  const { idleSeconds, artifactSeconds } = open.definition
  const over = new AbortController()
  const signal = AbortSignal.any([drive.signal, over.signal])
  const lateAt = performance.now() + artifactSeconds * 1_000
  const ending = open.agent.turnOver(signal).then(() => true)
  ending.catch(() => undefined)
  try {
    for (;;) {
      const silentAt = open.agent.lastActivityAt + idleSeconds * 1_000
      const wait = Math.min(lateAt, silentAt) - performance.now()
      if (wait <= 0) break
      const timeout = sleep(wait, false, { signal })
      timeout.catch(() => undefined)
      if (await Promise.race([ending, timeout])) {
        work.turn = 'OVER'
        return
      }
    }
  } finally {
    over.abort()
  }
  work.turn = 'SILENT'
  await stopSilent(work)
}

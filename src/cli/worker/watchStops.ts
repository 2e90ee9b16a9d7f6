import type { RunningWorker } from '../../worker/startWorker.ts'
import { EXIT } from '../kit/exitCodes.ts'

/** The signals that stop a worker. */
export interface Stops {
  /** The worker's exit code: 0 after one signal and an orderly end, else 128 plus the signal's number. */
  exitCode(): number
  /** Restores the default handling of the signals. */
  end(): void
}

const NUMBERS = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 } as const

/** The first signal drains the worker, the second kills its agents. */
export function watchStops(worker: RunningWorker): Stops {
  let asked = 0
  let code: number = EXIT.done
  const handlers = Object.entries(NUMBERS).map(([name, number]) => {
    const handle = () => {
      asked += 1
      // What goes wrong is what the worker ends with.
      if (asked === 1) void worker.drain().catch(() => undefined)
      if (asked === 2) {
        code = 128 + number
        void worker.kill().catch(() => undefined)
      }
    }
    process.on(name, handle)
    return () => process.off(name, handle)
  })
  return {
    exitCode: () => code,
    end: () => handlers.forEach((remove) => remove()),
  }
}

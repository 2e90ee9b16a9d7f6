import { createPawl } from '@pawl/sdk'
import { workerConfigSchema } from '../../src/worker/config/config.ts'
import { startWorker } from '../../src/worker/startWorker.ts'
import type { StepName } from '../../src/worker/run/steps.ts'

/** The orders of a worker in a separate process, as JSON in its last argument. */
export interface WorkerOrders {
  readonly url: string
  readonly token: string
  readonly owner: string
  readonly config: unknown
  /** Kills itself at this boundary; null: never. */
  readonly killAt: StepName | null
  /** At which occurrence of that boundary, from 1. */
  readonly nth: number
}

const orders = JSON.parse(process.argv.at(-1) ?? '') as WorkerOrders
let met = 0
const worker = startWorker({
  pawl: createPawl({ url: orders.url, token: orders.token }),
  url: orders.url,
  owner: orders.owner,
  config: workerConfigSchema.parse(orders.config),
  pollMs: 500,
  onStep: (step) => {
    if (step === orders.killAt && (met += 1) === orders.nth) process.kill(process.pid, 'SIGKILL')
  },
  report: (news) => console.log(JSON.stringify(news)),
})
process.once('SIGTERM', () => void worker.drain())
await worker.finished

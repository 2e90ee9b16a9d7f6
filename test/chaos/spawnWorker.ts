import type { WorkerNews } from '../../src/worker/run/news.ts'
import { programFile } from '../support/programs.ts'
import type { WorkerOrders } from './workerProcess.ts'
import { startChild } from '../support/startChild.ts'

/** A worker in a separate process. */
export interface WorkerProcess {
  readonly pid: number
  /** Its reports so far. */
  readonly news: readonly WorkerNews[]
  /** Resolves with its signal, or null if it exited by itself; rejects with its output if it failed. */
  readonly ended: Promise<NodeJS.Signals | null>
  kill(signal: NodeJS.Signals): void
}

/** Starts a worker with the given orders. */
export function spawnWorker(orders: WorkerOrders): WorkerProcess {
  const child = startChild(process.execPath, [programFile('workerProcess'), JSON.stringify(orders)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const news: WorkerNews[] = []
  let rest = ''
  let wrong = ''
  child.stdout.on('data', (chunk: Buffer) => {
    const lines = (rest + String(chunk)).split('\n')
    rest = lines.pop() ?? ''
    news.push(...lines.map((line) => JSON.parse(line) as WorkerNews))
  })
  child.stderr.on('data', (chunk: Buffer) => (wrong += String(chunk)))
  const ended = new Promise<NodeJS.Signals | null>((resolve, reject) => {
    child.once('close', (code, signal) => {
      if (signal || code === 0) resolve(signal)
      else reject(new Error(`the worker ended with ${code}: ${wrong}`))
    })
  })
  ended.catch(() => undefined)
  return { pid: child.pid as number, news, ended, kill: (signal) => void child.kill(signal) }
}

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import type { WorkerNews } from '../../src/worker/run/news.ts'
import { PAWL } from './server.ts'

/** A worker in a process of its own. */
export interface Worker {
  readonly news: readonly WorkerNews[]
  /** SIGKILL: nobody is told. */
  kill(): Promise<void>
  /** Ends it and its agents. */
  stop(): Promise<void>
}

/** How long a worker may take to end by itself, in milliseconds; then its agents are killed, and then it is. */
const ENDING_TAKES_MS = 2_000
const KILLING_TAKES_MS = 15_000

/** Starts a worker with a configuration, in an environment that is passed on to its agents. */
export function startWorker(config: string, cwd: string, env: Readonly<Record<string, string>>): Worker {
  const child = spawn(process.execPath, [PAWL, 'worker', '--json', '--config', config], {
    cwd,
    // PAWL: the words by which agents start `pawl mcp`
    env: { ...env, PAWL: `${process.execPath} ${PAWL}` },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const news: WorkerNews[] = []
  const closed = once(child, 'close')
  createInterface(child.stdout).on('line', (line) => news.push(JSON.parse(line) as WorkerNews))
  const wait = async (ms: number) => {
    const waiting = new AbortController()
    const late = sleep(ms, undefined, { signal: waiting.signal }).catch(() => undefined)
    await Promise.race([closed, late])
    waiting.abort()
  }
  return {
    news,
    async kill() {
      child.kill('SIGKILL')
      await closed
    },
    async stop() {
      child.kill('SIGTERM')
      await wait(ENDING_TAKES_MS)
      child.kill('SIGTERM')
      await wait(KILLING_TAKES_MS)
      child.kill('SIGKILL')
      await closed
    },
  }
}

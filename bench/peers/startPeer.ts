import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Resources } from '../resources.ts'
import type { Amount, Sample } from '../measure.ts'
import { percentile } from '../statistics.ts'
import type { InstalledPeers } from './installPeers.ts'

/** A program that executes lifecycles on an engine. */
export interface Peer {
  /** The processes of the program, its engine included unless that is a server started elsewhere. */
  listProcesses(): number[]
  /** Executes lifecycles. */
  measure(amount: Omit<Amount, 'signal'>): Promise<Sample>
  /** Stops it and everything that it started. */
  stop(): Promise<void>
}

/** How a program answers a request. */
interface Timed {
  readonly seconds: number
  readonly took: readonly number[]
}

/** Starts a program of `programs/` and waits until its engine is ready. */
export async function startPeer(
  resources: Resources,
  { folder, node }: InstalledPeers,
  program: string,
  environment: Readonly<Record<string, string>>,
): Promise<Peer> {
  const child = spawn(node, [join(folder, `${program}.mjs`)], {
    cwd: folder,
    env: { ...process.env, ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => (said = (said + String(chunk)).slice(-10_000)))
  const ended = once(child, 'exit')
  const failed = ended.then(() => Promise.reject(new Error(`${program} ended:\n${said}`)))
  failed.catch(() => undefined)
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM')
    await ended
  }
  resources.defer(stop)
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const next = async (): Promise<unknown> => {
    const line = await Promise.race([lines.next(), failed])
    return line.done ? failed : JSON.parse(line.value)
  }
  await next()
  return {
    listProcesses: () => withChildren(child.pid ?? 0),
    async measure(amount) {
      resources.signal.throwIfAborted()
      child.stdin.write(`${JSON.stringify(amount)}\n`)
      const { seconds, took } = (await next()) as Timed
      const sorted = took.toSorted((a, b) => a - b)
      return {
        operations: took.length,
        seconds,
        perSecond: took.length / seconds,
        p50: percentile(sorted, 0.5),
        p99: percentile(sorted, 0.99),
      }
    },
    stop,
  }
}

/** A process and its children. */
function withChildren(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
  return [pid, ...children.split(' ').filter(Boolean).map(Number)]
}

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Bench } from '../bench.ts'
import type { BenchServer } from '../startServer.ts'
import type { WorkerNews } from '../../src/worker/run/news.ts'

/** A `pawl worker` process. */
export interface BenchWorker {
  /** Resolves when it has printed this; rejects if it ends before. */
  until(kind: WorkerNews['kind']): Promise<void>
  /** Kills it; resolves when it has ended. */
  kill(): Promise<void>
  /** Stops it by SIGTERM; rejects if it fails. */
  stop(): Promise<void>
}

/** Options of a worker. */
export interface WorkerOptions {
  readonly server: BenchServer
  readonly owner: string
  /** It claims runs of this workflow only. */
  readonly workflow: string
  /** Folder of the workspace and of its agents' state; workers with the same folder can take over from each other. */
  readonly folder: string
  /** Command of the agent for all roles, which reads its prompt from standard input. */
  readonly command: readonly string[]
  readonly leaseSeconds: number
}

/** Starts the built worker with its default settings. */
export async function startWorker(
  { program, resources }: Bench,
  { server, owner, workflow, folder, command, leaseSeconds }: WorkerOptions,
): Promise<BenchWorker> {
  const workspace = join(folder, 'workspace')
  await mkdir(workspace, { recursive: true })
  const file = join(folder, `${owner}.json`)
  const config = {
    owner,
    workflows: [workflow],
    leaseSeconds,
    state: join(folder, 'state'),
    workspace: { directory: workspace },
    agents: { default: { adapter: 'process', command, prompt: 'stdin', killAfterSeconds: 2 } },
  }
  await writeFile(file, JSON.stringify(config))
  const child = spawn(process.execPath, [program, 'worker', '--json', '--config', file], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PAWL_URL: server.url, PAWL_TOKEN: server.token },
  })
  const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>
  const end = async (signal: NodeJS.Signals): Promise<string> => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal)
    const [code, by] = await ended
    return by ?? `exit code ${code}`
  }
  resources.defer(() => end('SIGKILL'))
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => (said += String(chunk)))
  const told = new Set<string>()
  const waiting = new Map<string, () => void>()
  createInterface(child.stdout).on('line', (line) => {
    const { kind } = JSON.parse(line) as WorkerNews
    told.add(kind)
    waiting.get(kind)?.()
  })
  const failed = ended.then(() => Promise.reject(new Error(`the worker ended:\n${said}`)))
  failed.catch(() => undefined)
  return {
    until: async (kind) => {
      resources.signal.throwIfAborted()
      if (told.has(kind)) return
      const over = new AbortController()
      const heard = new Promise<void>((resolve) => waiting.set(kind, resolve))
      const interrupted = once(resources.signal, 'abort', { signal: over.signal }).then(() =>
        resources.signal.throwIfAborted(),
      )
      await Promise.race([heard, failed, interrupted]).finally(() => over.abort())
    },
    kill: async () => void (await end('SIGKILL')),
    stop: async () => {
      const how = await end('SIGTERM')
      if (how !== 'exit code 0') throw new Error(`the worker ended with ${how}:\n${said}`)
    },
  }
}

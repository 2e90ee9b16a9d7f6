import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Bench } from '../bench.ts'
import type { BenchServer } from '../startServer.ts'
import type { WorkerNews } from '../../src/worker/run/news.ts'

/** A `pawl worker` of our own. */
export interface BenchWorker {
  /** Resolves when it has told of this; rejects where it ends before. */
  until(kind: WorkerNews['kind']): Promise<void>
  /** Ends it without a chance to clean up; resolves when it is gone. */
  kill(): Promise<void>
  /** Stops it as an operator would; rejects unless it ends well. */
  stop(): Promise<void>
}

/** Who works, where, and on what. */
export interface WorkerOptions {
  readonly server: BenchServer
  readonly owner: string
  /** It takes the runs of this workflow alone. */
  readonly workflow: string
  /** Where the workspace and the state of its agents are; workers of the same folder take over from each other. */
  readonly folder: string
  /** Of the agent of all roles, which gets its prompt on standard input. */
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

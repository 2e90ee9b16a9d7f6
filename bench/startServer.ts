import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Bench } from './bench.ts'
import { makeFolder } from './resources.ts'

/** A `pawl serve` process. */
export interface BenchServer {
  readonly pid: number
  readonly url: string
  /** Of the role ADMIN. */
  readonly token: string
  /** Milliseconds from launch to ready. */
  readonly startedIn: number
  /** Stops it by SIGTERM; rejects if it fails. */
  stop(): Promise<void>
  /** Kills it. */
  kill(): Promise<void>
}

export interface ServerOptions {
  /** Default: a new folder. */
  readonly dataDir?: string
  /** Default: the embedded database in the data directory. */
  readonly databaseUrl?: string
  /** The Node.js to run it with; default: this process's. */
  readonly node?: string
  /** Arguments for Node.js, before the program. */
  readonly nodeArguments?: readonly string[]
}

const POLL_MS = 2

/** Starts the built server with default settings on a free port, and waits until it is ready. */
export async function startServer(
  { program, resources }: Pick<Bench, 'program' | 'resources'>,
  options: ServerOptions = {},
): Promise<BenchServer> {
  const folder = await makeFolder(resources)
  const dataDir = options.dataDir ?? join(folder, 'data')
  const logFile = join(folder, 'server.log')
  await rm(join(dataDir, 'address'), { force: true })
  const began = performance.now()
  const child = await launch(program, logFile, dataDir, options)
  const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
  const end = async (signal: NodeJS.Signals): Promise<string> => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal)
    const [code, by] = await ended
    return by ?? `exit code ${code}`
  }
  const stop = async (): Promise<void> => {
    const how = await end('SIGTERM')
    if (how !== 'exit code 0' && how !== 'SIGKILL')
      throw new Error(`the server ended with ${how}:\n${await readFile(logFile, 'utf8')}`)
  }
  resources.defer(stop)
  const failed = ended.then(async () => {
    throw new Error(`the server ended:\n${await readFile(logFile, 'utf8')}`)
  })
  failed.catch(() => undefined)
  const url = await Promise.race([untilReady(dataDir, resources.signal), failed])
  return {
    pid: child.pid ?? 0,
    url,
    token: (await readFile(join(dataDir, 'token'), 'utf8')).trim(),
    startedIn: performance.now() - began,
    stop,
    kill: async () => void (await end('SIGKILL')),
  }
}

async function launch(
  program: string,
  logFile: string,
  dataDir: string,
  options: ServerOptions,
): Promise<ChildProcess> {
  const log = await open(logFile, 'a')
  try {
    const { DATABASE_URL: _other, ...environment } = process.env
    return spawn(options.node ?? process.execPath, [...(options.nodeArguments ?? []), program, 'serve'], {
      stdio: ['ignore', log.fd, log.fd],
      env: {
        ...environment,
        PAWL_DATA: dataDir,
        PAWL_PORT: '0',
        ...(options.databaseUrl && { DATABASE_URL: options.databaseUrl }),
      },
    })
  } finally {
    await log.close()
  }
}

/** Waits until the server of a data directory is ready. Returns its address. */
async function untilReady(dataDir: string, signal: AbortSignal): Promise<string> {
  for (;;) {
    const address = await readFile(join(dataDir, 'address'), 'utf8').catch(() => '')
    const url = address.trim()
    if (url && (await isReady(url))) return url
    await delay(POLL_MS, undefined, { signal })
  }
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(new URL('/readyz', url))).ok
  } catch {
    return false
  }
}

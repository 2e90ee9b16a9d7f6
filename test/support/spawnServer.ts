import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { programFile } from './programs.ts'

/** A server in a process of its own, with the embedded database of its data directory unless told otherwise. */
export interface ServerProcess {
  readonly url: string
  /** Whether it found a survivor of an embedded database. */
  readonly adopted: boolean
  readonly child: ChildProcess
  /** Everything it wrote to stderr so far. */
  log(): string
  /** How it ended. */
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
  /** The local ADMIN token. */
  readToken(): Promise<string>
}

/** Starts one and waits until it listens. Rejects with what it wrote where it ends before that. */
export async function spawnServer(dataDir: string, env: Record<string, string> = {}): Promise<ServerProcess> {
  const child = spawn(process.execPath, [programFile('serve')], {
    env: { ...process.env, PAWL_PORT: '0', PAWL_DATA: dataDir, DATABASE_URL: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let written = ''
  child.stderr.on('data', (chunk: Buffer) => (written += String(chunk)))
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal }))
  const firstLine = once(createInterface(child.stdout), 'line').then(([line]) => String(line))
  const line = await Promise.race([
    firstLine,
    ended.then(({ code, signal }) => {
      throw new Error(`the server ended with ${code ?? signal}: ${written}`)
    }),
  ])
  const { url, adopted } = JSON.parse(line) as { url: string; adopted: boolean }
  return {
    url,
    adopted,
    child,
    log: () => written,
    ended,
    readToken: async () => (await readFile(join(dataDir, 'token'), 'utf8')).trim(),
  }
}

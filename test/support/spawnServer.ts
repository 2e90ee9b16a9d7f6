import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { programFile } from './programs.ts'
import { startChild } from './startChild.ts'

/** A server in a separate process, by default with the embedded database of its data directory. */
export interface ServerProcess {
  readonly url: string
  /** Whether it adopted an embedded database that was still running. */
  readonly adopted: boolean
  readonly child: ChildProcess
  /** Its stderr output so far. */
  log(): string
  /** How it ended. */
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
  /** The local ADMIN token. */
  readToken(): Promise<string>
}

/** Starts a server and waits until it listens. Rejects with its output if it exits before that. */
export async function spawnServer(dataDir: string, env: Record<string, string> = {}): Promise<ServerProcess> {
  const child = startChild(process.execPath, [programFile('serve')], {
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

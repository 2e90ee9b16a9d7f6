import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createPawl, unwrap } from '@pawl/sdk'
import type { Pawl, WorkflowDefinition } from '@pawl/sdk'

/** The command as it is published; `npm run build` makes it. */
export const PAWL = fileURLToPath(new URL('../../dist/pawl.js', import.meta.url))

/** One phase that hands over `out.json`, and the end. */
const ERRAND: WorkflowDefinition = {
  name: 'errand',
  version: 1,
  initialPhase: 'go',
  onOwnerLost: 'REQUEUE',
  phases: [
    {
      key: 'go',
      next: ['home'],
      role: 'runner',
      artifact: {
        path: 'out.json',
        schema: { type: 'object', required: ['ok'], properties: { ok: { type: 'boolean' } } },
      },
    },
    { key: 'home', final: true },
  ],
}

/** The same without a file: only a word of the agent ends its phase. */
const REPORT: WorkflowDefinition = {
  ...ERRAND,
  name: 'report',
  phases: [
    { key: 'go', next: ['home'], role: 'runner' },
    { key: 'home', final: true },
  ],
}

/** A real server, in a process and with a database of its own. */
export interface Server {
  readonly url: string
  readonly token: string
  readonly pawl: Pawl
  close(): Promise<void>
}

export async function startServer(): Promise<Server> {
  const folder = await mkdtemp(join(tmpdir(), 'pawl-agents-server-'))
  const { PATH = '', HOME = '' } = process.env
  const child = spawn(process.execPath, [PAWL, 'serve'], {
    cwd: folder,
    env: { PATH, HOME, PAWL_DATA: join(folder, 'data'), PAWL_PORT: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const close = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM')
      await once(child, 'close')
    }
    await rm(folder, { recursive: true, force: true })
  }
  try {
    const url = await findUrl(child)
    const token = (await readFile(join(folder, 'data/token'), 'utf8')).trim()
    const pawl = createPawl({ url, token })
    for (const workflow of [ERRAND, REPORT]) unwrap(await pawl.workflows.register(workflow))
    return { url, token, pawl, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** The address that a server prints when it listens. @throws Error where it ends before */
export function findUrl({ stdout, stderr }: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let printed = ''
    const take = (bytes: Buffer) => {
      printed += String(bytes)
      const url = /http:\/\/(?:127\.0\.0\.1|localhost):\d+/.exec(printed)?.[0]
      if (url !== undefined) resolve(url)
    }
    stdout?.on('data', take)
    stderr?.on('data', take)
    stdout?.once('close', () => reject(new Error(`the server ended: ${printed}`)))
  })
}

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createPawl } from '@pawl/sdk'
import type { Pawl } from '@pawl/sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { quoteWord } from '../../../src/text/quoteCommand.ts'
import { startTestServer, type TestServer } from '../../support/server.ts'
import { listEntries } from './listEntries.ts'
import { makeFolder, PAWL, pawlAt } from './pawl.ts'
import { hasTmux, openTmuxShell, type TmuxShell } from './tmuxShell.ts'

let server: TestServer
let pawl: Pawl
beforeAll(async () => {
  server = await startTestServer({ config: { sweepSeconds: 0.5 } })
  pawl = createPawl({ url: server.url, token: server.adminToken })
})
afterAll(() => server.stop())

function openShell(env: Record<string, string> = {}): Promise<TmuxShell> {
  return openTmuxShell({
    ...pawlAt(server.url, server.adminToken).env,
    XDG_CONFIG_HOME: makeFolder(),
    ...env,
  })
}

/** A command line that executes a script under `pawl exec`, with a run of this title. */
function execLine(title: string, script: string): string {
  return [process.execPath, PAWL, 'exec', '--title', title, '--', 'sh', '-c', script].map(quoteWord).join(' ')
}

/** What is kept of the run with this title. */
async function keptOf(title: string): Promise<string> {
  const { nodes: runs } = await pawl.runs.list({ filter: { text: title } })
  const entries = await listEntries(pawl, runs[0]?.id ?? '')
  return entries.map((entry) => (entry.kind === 'OUTPUT' ? entry.text : '')).join('')
}

/** What distinguishes the modes of the terminal, which is empty then. */
async function modesOf(shell: TmuxShell): Promise<string> {
  await shell.type('clear; stty -g | md5sum')
  await shell.until(/^[0-9a-f]{32}/m)
  const [modes] = /^[0-9a-f]{32}/m.exec(await shell.read()) ?? []
  await shell.type('clear')
  if (modes === undefined) throw new Error('the shell told no modes')
  return modes
}

describe.runIf(hasTmux)('a command under pawl exec on a terminal', () => {
  it('has a terminal of its own, whose keys and size are those of the person’s, and which is kept', async () => {
    const shell = await openShell()
    const before = await modesOf(shell)
    const script = `[ -t 0 ] && [ -t 1 ] && [ -t 2 ] && : </dev/tty && echo at a terminal
      read -r line; echo "read <$line>"; stty size
      read -r next; stty size; trap 'echo interrupted; exit 4' INT; echo waiting; while :; do sleep 1; done`
    await shell.type(execLine('all of it', script))
    await shell.until(/^at a terminal$/m)
    await shell.type('zwölf')
    await shell.until(/^read <zwölf>$/m)
    await shell.until(/^24 80$/m)
    await shell.resize(100, 30)
    await shell.type('')
    await shell.until(/^30 100$/m)
    await shell.until(/^waiting$/m)
    await shell.press('C-c')
    await shell.until(/interrupted$/m)
    await shell.until(/FAILED: the command exited 4/)
    await shell.resize(80, 24)
    expect(await modesOf(shell)).toBe(before)
    const kept = await keptOf('all of it')
    expect(kept).toContain('read <zwölf>')
    expect(kept).toContain('interrupted')
  })

  it('shows all that it prints, however much and however fast it ends', async () => {
    const shell = await openShell()
    await shell.type(execLine('much', 'seq 30000; printf "the end"'))
    await shell.until(/^30000\nthe end/m)
    await shell.until(/INCOMPLETE: the command exited 0/)
    expect(await keptOf('much')).toContain('the end')
  })

  it('ends with its terminal where pawl is killed, and leaves the person’s as it was', async () => {
    const shell = await openShell()
    const before = await modesOf(shell)
    await shell.type(execLine('killed', 'echo "parent $PPID of $$"; sleep 600'))
    await shell.until(/parent \d+ of \d+/)
    const [, parent, child] = /parent (\d+) of (\d+)/.exec(await shell.read()) ?? []
    process.kill(Number(parent), 'SIGKILL')
    await shell.until(/Killed/)
    expect(await modesOf(shell)).toBe(before)
    await expect.poll(() => isThere(Number(child)), { timeout: 10_000 }).toBe(false)
  })

  it('runs on the person’s terminal where it can have none of its own, and says so', async () => {
    const preload = join(makeFolder(), 'preload.cjs')
    writeFileSync(
      preload,
      `const Module = require('node:module')
      const load = Module._load
      Module._load = (name, ...rest) => {
        if (name.startsWith('@lydell/')) throw new Error('there is none for this platform')
        return load(name, ...rest)
      }`,
    )
    const shell = await openShell({ NODE_OPTIONS: `--require ${preload}` })
    await shell.type(execLine('without', '[ -t 0 ] && [ -t 1 ] && echo at a terminal'))
    await shell.until(/^at a terminal$/m)
    await shell.until(/what the command prints is not kept: there is none for this platform/)
    await shell.until(/INCOMPLETE: the command exited 0/)
    expect(await keptOf('without')).toBe('')
  })

  it('runs in the background, too', async () => {
    const shell = await openShell()
    await shell.type(`set -m; ${execLine('behind', 'echo hello from behind')} &`)
    await shell.until(/^hello from behind$/m)
    await shell.until(/INCOMPLETE: the command exited 0/)
  })
})

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

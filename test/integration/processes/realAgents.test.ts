import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { AGENTS } from '../../agents/agents.ts'
import { folderOf, NODE } from '../../agents/install.ts'
import { findWay, NotIsolatedError } from '../../support/isolate.ts'
import { startChild } from '../../support/startChild.ts'

const ROOT = join(import.meta.dirname, '../../..')

/** Whether this machine lets agents be tried. */
const canIsolate = (() => {
  try {
    return findWay('no agent is tried.').length > 0
  } catch (error) {
    if (error instanceof NotIsolatedError) return false
    throw error
  }
})()

describe('npm run test:agents', () => {
  it.runIf(canIsolate).each(['SIGTERM', 'SIGKILL'] as const)(
    'leaves no server, worker or agent behind after %s',
    async (signal) => {
      const bench = await install()
      // npm passes on what it is told, and can pass nothing on once it is killed
      const child = start(bench, signal === 'SIGKILL' ? PROGRAM : SCRIPT, 'repair')
      const closed = once(child, 'close')
      while (!existsSync(bench.begun)) {
        expect(child.exitCode).toBeNull()
        await sleep(50)
      }
      // the command, its isolated part, a server with its database, a worker and an agent
      const found = findOf(bench.home)
      for (const words of ['main.ts', 'pawl.js serve', 'pawl.js worker', 'gemini'])
        expect(found.some((command) => command.includes(words))).toBe(true)
      child.kill(signal)
      const [code] = await closed
      expect(code).toBe(signal === 'SIGKILL' ? null : 130)
      while (signal === 'SIGKILL' && findOf(bench.home).length > 0) await sleep(50)
      expect(findOf(bench.home)).toEqual([])
    },
    90_000,
  )

  it('refuses to try an agent where more than loopback could be reached, and says what is missing', async () => {
    const bench = await install()
    const child = start({ ...bench, path: bench.bin }, PROGRAM, 'repair')
    let said = ''
    child.stderr.on('data', (bytes) => (said += String(bytes)))
    const [code] = await once(child, 'close')
    expect(said).toMatch(/No network namespace can be made here.*none is tried/)
    expect(said).toMatch(/unshare --net .*ENOENT/)
    expect(code).toBe(69)
    expect(existsSync(bench.begun)).toBe(false)
  })
})

/** A cache in which an agent is installed that begins, and never comes to an end. */
async function install() {
  const home = await mkdtemp(join(tmpdir(), 'pawl-agents-test-'))
  onTestFinished(() => rm(home, { recursive: true, force: true }))
  const cache = join(home, 'cache')
  const begun = join(home, 'begun')
  const bin = join(home, 'bin')
  await mkdir(bin)
  await symlink(process.execPath, join(bin, 'node'))
  const [agent] = AGENTS
  if (!agent) throw new Error('nothing is tried')
  for (const part of [NODE, agent]) {
    const folder = join(cache, folderOf(part), 'node_modules')
    await mkdir(join(folder, '.bin'), { recursive: true })
    await writeFile(join(folder, '.package-lock.json'), '{}')
  }
  const program = join(cache, folderOf(agent), 'node_modules/.bin/gemini')
  await writeFile(program, `#!/bin/sh\n: > '${begun}'\nwhile :; do sleep 1; done\n`, { mode: 0o755 })
  return { home, cache, begun, bin, path: process.env['PATH'] ?? '' }
}

/** The command as people call it, and what it runs. */
const SCRIPT = ['npm', 'run', '--silent', 'test:agents', '--']
const PROGRAM = ['node', '--import', 'tsx', '--conditions=pawl-source', 'test/agents/main.ts']

function start(
  { home, cache, path }: Awaited<ReturnType<typeof install>>,
  [command = '', ...words]: readonly string[],
  scenario: string,
) {
  const child = startChild(command, [...words, '--built', 'gemini', scenario], {
    cwd: ROOT,
    env: { PATH: path, HOME: home, PAWL_AGENTS_CACHE: cache },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  child.stdout.resume()
  return child
}

/** The commands of all processes whose environment names this folder. */
function findOf(folder: string): string[] {
  return readdirSync('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid)) return []
    try {
      if (!readFileSync(`/proc/${pid}/environ`, 'utf8').includes(folder)) return []
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
    } catch {
      return []
    }
  })
}

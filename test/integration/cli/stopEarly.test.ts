// @module-tag thorough
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, it, onTestFinished, vi } from 'vitest'
import { startPawl } from './pawl.ts'

vi.setConfig({ testTimeout: 120_000 })

/** Processes of PostgreSQL that name the folder, or work in it. */
function listProcesses(folder: string): string[] {
  return readdirSync('/proc').flatMap((pid) => {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
      const isBelow = command.includes(folder) || readlinkSync(`/proc/${pid}/cwd`).startsWith(folder)
      return isBelow && /postgres|initdb/.test(command) ? [command] : []
    } catch {
      return []
    }
  })
}

async function untilThere(isThere: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isThere())) await delay(2)
}

it('leaves no PostgreSQL behind where it is stopped while it starts, however far it has come', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pawl-early-'))
  await chmod(folder, 0o755)
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const home = join(folder, 'data', 'database')
  const stopOnce = async (isThere: () => boolean | Promise<boolean>) => {
    const server = startPawl(['serve', '--port', '0', '--data', join(folder, 'data')])
    await untilThere(isThere)
    server.kill('SIGTERM')
    const ended = await server.ended
    expect({ ...ended, left: listProcesses(folder) }).toMatchObject({ code: 0, signal: null, left: [] })
    expect(existsSync(join(home, 'cluster', 'postmaster.pid'))).toBe(false)
  }

  // while initdb makes the database
  await stopOnce(async () =>
    (await readdir(home).catch(() => [])).some((name) => name.startsWith('cluster.new-')),
  )
  expect((await readdir(home)).filter((name) => name.startsWith('cluster'))).toEqual([])
  // while PostgreSQL starts, or is being migrated
  await stopOnce(() => existsSync(join(home, 'cluster', 'postmaster.pid')))

  const server = startPawl(['serve', '--port', '0', '--data', join(folder, 'data')])
  await server.until(/listens on/)
  server.kill('SIGTERM')
  expect((await server.ended).code).toBe(0)
})
